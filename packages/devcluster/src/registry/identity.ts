import { randomBytes, randomUUID } from 'node:crypto';

/** Where uids and generated names come from; injected, so that a test can have the same ones every time. */
export interface Identity {
  uid(): string;
  /** Five characters, as `generateName` appends them. */
  suffix(): string;
}

/** Kubernetes leaves out vowels and what looks like them, so that no generated name spells a word. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** Real randomness. */
export const randomIdentity: Identity = {
  uid: () => randomUUID(),
  suffix: () => [...randomBytes(5)].map((byte) => alphabet[byte % alphabet.length]).join(''),
};
