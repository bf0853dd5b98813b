import { createHash } from 'node:crypto';
import { seeded } from '@kaito-sdk/core/testing';
import type { Identity } from '@kaito-sdk/devcluster';

const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

/** Uids and generated names that are the same for the same seed, so that a run happens again to the letter. */
export class SeededIdentity implements Identity {
  private readonly random: () => number;
  private promised: string | undefined;

  constructor(seed = 1) {
    this.random = seeded(seed);
  }

  /** The next object gets this uid, whatever was made before it. */
  promise(uid: string): void {
    this.promised = uid;
  }

  uid(): string {
    const { promised } = this;
    this.promised = undefined;
    return promised ?? `${this.digits(8)}-${this.digits(4)}-4${this.digits(3)}-8${this.digits(3)}-${this.digits(12)}`;
  }

  suffix(): string {
    return Array.from({ length: 5 }, () => LETTERS[Math.floor(this.random() * LETTERS.length)]).join('');
  }

  private digits(count: number): string {
    return Array.from({ length: count }, () => Math.floor(this.random() * 16).toString(16)).join('');
  }
}

/** The uid of the n-th object of a name. */
export function uidOf(name: string, times: number): string {
  const digits = createHash('sha256').update(`${name} ${times}`).digest('hex').slice(0, 12);
  return `00000000-0000-4000-8000-${digits}`;
}
