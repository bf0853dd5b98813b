import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The files by which the parts of a control plane, and its users, prove who they are. */
export interface Identity {
  /** Bearer token of a member of `system:masters`. */
  readonly token: string;
  readonly tokenFile: string;
  /** Signs and checks the tokens of service accounts. */
  readonly signingKeyFile: string;
  readonly publicKeyFile: string;
}

/** Makes fresh ones in a folder. */
export function writeIdentity(folder: string): Identity {
  const token = randomBytes(24).toString('hex');
  const tokenFile = join(folder, 'tokens.csv');
  writeFileSync(tokenFile, `${token},admin,admin,"system:masters"\n`, { mode: 0o600 });
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const signingKeyFile = join(folder, 'service-accounts.key');
  const publicKeyFile = join(folder, 'service-accounts.pub');
  writeFileSync(signingKeyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  writeFileSync(publicKeyFile, publicKey.export({ type: 'spki', format: 'pem' }));
  return { token, tokenFile, signingKeyFile, publicKeyFile };
}

/** A kubeconfig with one context. JSON, which is YAML too. */
export function writeKubeconfig(file: string, url: string, caPem: string, token: string): void {
  const name = 'e2e';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: url, 'certificate-authority-data': Buffer.from(caPem).toString('base64') } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
}
