import { writeJson } from '../store/lossless-json.js';

/** Letters and digits that the Kubernetes generators use: no vowels, nothing that looks like another character. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** A short name made of the content, the same for the same content whatever the order of its fields. Not for secrets. */
export function fingerprint(value: unknown, length = 10): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(canonical(value))) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  let text = '';
  for (let i = 0; i < length; i++) {
    text += alphabet[Number(hash % BigInt(alphabet.length))];
    hash /= BigInt(alphabet.length);
  }
  return text;
}

/** JSON with sorted keys and without undefined fields: equal text means equal value. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return value === undefined ? 'null' : writeJson(value);
  const entries = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join(',')}}`;
}

/** Whether two plain values are the same once on the wire. */
export function same(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}
