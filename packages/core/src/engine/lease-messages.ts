import type { Credentials } from '../kube/server-access.js';
import type { LeaderElectionOptions, LeadershipEnd } from './leader-election.js';
import type { LogFields, LogLevel } from './log.js';

/** What a lease thread is started with. */
export interface LeaseThreadData {
  readonly options: LeaderElectionOptions;
  readonly server: string;
  readonly credentials: Credentials;
  /** Two 64-bit integers: see {@link RENEWED} and {@link ALIVE}. */
  readonly shared: SharedArrayBuffer;
  readonly longestBusyMs: number;
}

/** Where the thread says when the lease was last ours, in milliseconds since the epoch; 0 while it is not. */
export const RENEWED = 0;
/** Where the operator says that it is alive. */
export const ALIVE = 1;

export type FromThread =
  | { readonly is: 'leading' }
  | { readonly is: 'ended'; readonly why: LeadershipEnd }
  | { readonly is: 'released' }
  | { readonly is: 'failed'; readonly message: string }
  | { readonly is: 'asking'; readonly fresh: boolean }
  | { readonly is: 'log'; readonly level: LogLevel; readonly message: string; readonly fields: LogFields };

export type ToThread =
  | { readonly tell: 'stop' }
  | { readonly tell: 'release' }
  | { readonly tell: 'credentials'; readonly credentials: Credentials };
