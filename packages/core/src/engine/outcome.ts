/**
 * What a reconcile came to. Every wait has a reason a person can act on.
 *
 * - `done`: the object is as it should be; only a change wakes it up again.
 * - `waiting`: something else must happen first. A watch will tell, or `afterMs` is when to look again.
 * - `blocked`: nothing will change until a person changes something; not retried before the object or what it depends on changes.
 *
 * An error that is thrown is not an outcome: it is retried with back-off.
 */
export type Outcome = Done | Waiting | Blocked;

export interface Done {
  readonly kind: 'done';
}

export interface Waiting {
  readonly kind: 'waiting';
  /** CamelCase, stable: becomes the condition's reason. */
  readonly reason: string;
  readonly message: string;
  /** Look again after this many milliseconds at the latest. Left out: only a watched change wakes it up. */
  readonly afterMs?: number;
}

export interface Blocked {
  readonly kind: 'blocked';
  readonly reason: string;
  readonly message: string;
}

export const done: Done = { kind: 'done' };

export function waiting(reason: string, message: string, afterMs?: number): Waiting {
  return afterMs === undefined ? { kind: 'waiting', reason, message } : { kind: 'waiting', reason, message, afterMs };
}

export function blocked(reason: string, message: string): Blocked {
  return { kind: 'blocked', reason, message };
}
