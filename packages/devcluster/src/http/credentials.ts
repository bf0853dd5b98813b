import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { ServingCertificate } from './certificates.js';

/** What makes a server the same one to its clients: its certificates and the administrator's token. */
export interface ServerCredentials extends ServingCertificate {
  readonly token: string;
  readonly hosts: readonly string[];
  /** Milliseconds since 1970. */
  readonly madeAt: number;
}

const day = 24 * 60 * 60 * 1000;
/** Certificates are good for a year; the last month is left out so that none ends while it is in use. */
const usable = 335 * day;

const hostsOf = (host: string | undefined): string[] => [
  ...new Set([host ?? '127.0.0.1', '127.0.0.1', 'localhost', 'kubernetes.default.svc']),
];

/** Fresh ones for a server at `host`, 127.0.0.1 unless given. */
export async function makeCredentials(
  now: number,
  host: string | undefined,
  token: string,
): Promise<ServerCredentials> {
  const hosts = hostsOf(host);
  // It takes 9 MB of memory, and a server without a port, or with kept certificates, has no use for it.
  const { makeCertificates } = await import('./certificates.js');
  return { ...(await makeCertificates(now, hosts)), token, hosts, madeAt: now };
}

/** Those in the file, when they are still good for that host; otherwise fresh ones, which are put there. The file is its owner's only. */
export async function keptCredentials(
  file: string,
  now: number,
  host: string | undefined,
  make: () => Promise<ServerCredentials>,
): Promise<ServerCredentials> {
  if (existsSync(file)) {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as ServerCredentials;
    const known = hostsOf(host).every((each) => kept.hosts.includes(each));
    if (known && now >= kept.madeAt && now < kept.madeAt + usable) return kept;
  }
  const made = await make();
  writeFileSync(file, JSON.stringify(made), { mode: 0o600 });
  return made;
}
