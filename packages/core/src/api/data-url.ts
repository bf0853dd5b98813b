import type { FieldError } from '../resource/index.js';

/**
 * Checks the address of training data: http or https, and not into the cluster or the machine itself. The pod that downloads it
 * sees more of the network than the user who wrote the address, above all the metadata service of the cloud, which hands out
 * credentials.
 */
export function checkDataUrl(field: string, url: unknown, privateAddresses: 'refuse' | 'allow'): FieldError[] {
  if (typeof url !== 'string') return [];
  const problem = problemOf(url, privateAddresses);
  return problem === undefined ? [] : [{ field, reason: 'Invalid', value: url, message: problem }];
}

/** Addresses with a signature in them have about 2,000 characters. */
const LONGEST = 8192;

function problemOf(text: string, privateAddresses: 'refuse' | 'allow'): string | undefined {
  if (text.length > LONGEST) return `must have at most ${LONGEST} characters`;
  if (!URL.canParse(text)) return 'must be a complete address such as https://example.com/data.parquet';
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return 'must begin with http:// or https://; for other places use tuning.input.image or volumeSource';
  }
  if (privateAddresses === 'allow') return undefined;
  const why = whyPrivate(url.hostname);
  return why === undefined ? undefined : `${why}, which data is not fetched from: serve the file at a public address`;
}

/**
 * Why data is not fetched from a host, as half a sentence that begins with the host; undefined for a public one. For a name that
 * stands for addresses, ask about each address as well: what a name stands for is known only when it is looked up.
 *
 * @param hostname as the URL parser writes it, which has brought every spelling of an address (decimal, octal, hexadecimal) into the usual one
 */
export function whyPrivate(hostname: string): string | undefined {
  const host = hostname.replace(/\.$/, '');
  if (isLocalName(host)) return `${host} names the machine itself or the metadata service of a cloud`;
  return isPrivateAddress(host) ? `${host} is a loopback, link-local or private address` : undefined;
}

/** `localhost`, and the names under which clouds serve their metadata: `metadata.google.internal`, `instance-data.….internal`. */
function isLocalName(host: string): boolean {
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    /^(metadata|instance-data)(\.[a-z0-9-]+)?(\.internal)?$/.test(host)
  );
}

function isPrivateAddress(host: string): boolean {
  if (host.startsWith('[')) return isPrivateV6(groupsOf(host.slice(1, -1)));
  const octets = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(host)?.slice(1).map(Number);
  return octets !== undefined && isPrivateV4(octets);
}

/** RFC 6890: this host, private use, shared, loopback, link-local. */
function isPrivateV4([a = 0, b = 0]: readonly number[]): boolean {
  return (
    a === 0 ||
    a === 10 ||
    a === 127 ||
    (a === 100 && b >= 64 && b < 128) ||
    (a === 169 && b === 254) ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168)
  );
}

function isPrivateV6(groups: readonly number[]): boolean {
  const [first = 0] = groups;
  const [high = 0, low = 0] = groups.slice(6);
  const v4 = [high >> 8, high & 255, low >> 8, low & 255];
  const leading = groups.slice(0, 5).every((group) => group === 0);
  // ::, ::1, and IPv4 addresses in their three disguises: compatible, mapped (::ffff:) and translated (64:ff9b::).
  if (leading && (groups[5] === 0 || groups[5] === 0xffff)) return (high === 0 && low <= 1) || isPrivateV4(v4);
  if (first === 0x64 && groups[1] === 0xff9b) return isPrivateV4(v4);
  return (first & 0xfe00) === 0xfc00 || (first & 0xffc0) === 0xfe80;
}

/** The eight groups of an address in the form that the URL parser writes. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const numbers = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const front = numbers(head);
  const back = tail === undefined ? [] : numbers(tail);
  return [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
}
