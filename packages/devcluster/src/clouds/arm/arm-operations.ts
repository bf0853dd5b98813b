import type { Clock } from '../../clock.js';
import { timestamp } from '../../controllers/timestamp.js';
import type { AgentPoolRecord } from './agent-pool.js';

/** A long-running operation as its status URL shows it. */
export interface ArmOperation {
  readonly status: 'InProgress' | 'Succeeded' | 'Failed' | 'Canceled';
  readonly startTime: string;
  readonly endTime?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

/** How an operation, and the pool that it is about, may end. */
export type Ended = Exclude<ArmOperation['status'], 'InProgress'>;

/** The long-running operations on pools, and the ids of all that has one. */
export class ArmOperations {
  readonly #known = new Map<string, ArmOperation>();
  #counter = 0;

  constructor(private readonly clock: Clock) {}

  /** All that ever began, by id. */
  get all(): ReadonlyMap<string, ArmOperation> {
    return this.#known;
  }

  /** One that nothing else has. */
  id(): string {
    return `00000000-0000-4000-8000-${String(++this.#counter).padStart(12, '0')}`;
  }

  /** A new operation on the pool; its time begins to run. */
  begin(pool: AgentPoolRecord): void {
    pool.operation = this.id();
    this.#known.set(pool.operation, { status: 'InProgress', startTime: timestamp(this.clock.now()) });
  }

  /** The operation is over, and with it the state that it left the pool in. */
  end(pool: AgentPoolRecord, state: Ended, error?: AgentPoolRecord['error']): void {
    pool.state = state;
    pool.etag = this.id();
    if (error !== undefined) pool.error = error;
    this.settle(pool, state, error);
  }

  /** The operation is over; of the pool nothing is said, for it may be gone. */
  settle({ operation }: AgentPoolRecord, status: Ended, error?: AgentPoolRecord['error']): void {
    const began = this.#known.get(operation);
    if (began === undefined) return;
    const ended = { ...began, status, endTime: timestamp(this.clock.now()) };
    this.#known.set(operation, error === undefined ? ended : { ...ended, error });
  }
}
