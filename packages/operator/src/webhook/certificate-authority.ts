import 'reflect-metadata';
import { createPrivateKey as privateKey, randomBytes, webcrypto, X509Certificate } from 'node:crypto';

/** What the operator keeps in its Secret. PEM throughout. */
export interface CertificateSet {
  /** Every authority that a served certificate may be signed by, the newest first: what the API server is told to trust. */
  readonly authorities: string;
  /** Key of the newest authority. */
  readonly authorityKey: string;
  readonly certificate: string;
  readonly key: string;
}

const DAY = 24 * 60 * 60 * 1000;
/** An authority signs for a year; in its last third a new one is put beside it. */
export const AUTHORITY_MS = 365 * DAY;
/** A served certificate is replaced in its last third, well before any authority that signed it ends. */
export const CERTIFICATE_MS = 90 * DAY;
/** Clocks of API servers may be behind ours. */
const SLACK_MS = 5 * 60 * 1000;

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/**
 * The set that should be there at `now`, which is `held` itself while nothing is due. One step at a time: a new authority is first
 * published beside the old one, and signs only in a later step, when every API server has long read of it. So no moment exists at
 * which a served certificate is not trusted.
 */
export async function renewed(
  held: CertificateSet | undefined,
  names: readonly string[],
  now: number,
): Promise<CertificateSet> {
  if (held === undefined || !isSound(held, now)) {
    const authority = await makeAuthority(now);
    return { ...authority, ...(await issue(authority, names, now)) };
  }
  const [newest] = bundle(held.authorities);
  if (newest === undefined || isDue(newest, now)) {
    const authority = await makeAuthority(now);
    const kept = bundle(held.authorities).filter((one) => now < one.validToDate.getTime());
    return {
      ...held,
      authorityKey: authority.authorityKey,
      authorities: [authority.authorities, ...kept.map(String)].map(closed).join(''),
    };
  }
  const served = new X509Certificate(held.certificate);
  if (isDue(served, now) || !names.every((name) => served.checkHost(name) !== undefined)) {
    return { ...held, ...(await issue(held, names, now)) };
  }
  return held;
}

/** Whether the parts parse, belong together and are valid now: a Secret can be edited. */
function isSound({ authorities, authorityKey, certificate, key }: CertificateSet, now: number): boolean {
  try {
    const served = new X509Certificate(certificate);
    const known = bundle(authorities);
    const [newest] = known;
    return (
      newest?.checkPrivateKey(privateKey(authorityKey)) === true &&
      served.checkPrivateKey(privateKey(key)) &&
      now < served.validToDate.getTime() &&
      known.some((one) => now < one.validToDate.getTime() && served.verify(one.publicKey))
    );
  } catch {
    return false;
  }
}

function isDue({ validFromDate, validToDate }: X509Certificate, now: number): boolean {
  const ends = validToDate.getTime();
  return now >= ends - (ends - validFromDate.getTime()) / 3;
}

function bundle(pem: string): X509Certificate[] {
  const pieces = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  return pieces.map((piece) => new X509Certificate(piece));
}

async function makeAuthority(now: number): Promise<Pick<CertificateSet, 'authorities' | 'authorityKey'>> {
  const x509 = await makerOfCertificates();
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const serialNumber = serial();
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber,
    // A name of its own, so that old and new ones in one bundle are told apart.
    name: `CN=kaito-webhook-ca-${serialNumber.slice(0, 8)}`,
    notBefore: new Date(now - SLACK_MS),
    notAfter: new Date(now + AUTHORITY_MS),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { authorities: closed(authority.toString('pem')), authorityKey: await keyPem(keys.privateKey) };
}

async function issue(
  { authorities, authorityKey }: Pick<CertificateSet, 'authorities' | 'authorityKey'>,
  names: readonly string[],
  now: number,
): Promise<Pick<CertificateSet, 'certificate' | 'key'>> {
  const x509 = await makerOfCertificates();
  const { subtle } = webcrypto;
  const [newest] = bundle(authorities);
  if (newest === undefined) throw new Error('the bundle holds no authority');
  const pkcs8 = privateKey(authorityKey).export({ type: 'pkcs8', format: 'der' });
  const signingKey = await subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
  const keys = await subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const issuer = new x509.X509Certificate(newest.toString());
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: 'CN=kaito-webhook',
    issuer: issuer.subject,
    notBefore: new Date(now - SLACK_MS),
    notAfter: new Date(now + CERTIFICATE_MS),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value }))),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { certificate: closed(certificate.toString('pem')), key: await keyPem(keys.privateKey) };
}

/** Loaded when a certificate is made, which is every few weeks: it takes 6 MB. */
async function makerOfCertificates() {
  const x509 = await import('@peculiar/x509');
  x509.cryptoProvider.set(webcrypto);
  return x509;
}

/** Positive and unlike any other: two authorities of one name and number would be taken for one. */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${(pkcs8.match(/.{1,64}/g) ?? []).join('\n')}\n-----END PRIVATE KEY-----\n`;
}

function closed(pem: string): string {
  return pem.endsWith('\n') ? pem : `${pem}\n`;
}
