import { type Clock, KubeError, ServerUnreachable, type Transport } from '@kaito-sdk/core';
import { containerLog, type LogExtent, type LogSource } from './container-log.js';
import type { LogLine } from './log-line.js';
import type { ContainerFacts } from './pod-facts.js';

/** Before a stream that has ended is opened again: the container, its node or the server may have something to do. */
const PAUSE_MS = 1000;

export interface FollowedContainer {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly source: LogSource;
  /** Of the first stream. */
  readonly extent: Pick<LogExtent, 'tailLines' | 'sinceTime'>;
  readonly signal: AbortSignal;
  /** How the container stands; undefined when its pod is gone. */
  readonly facts: () => ContainerFacts | undefined;
  /** Resolves at the next change of the pod, or when nobody follows any more. */
  readonly change: () => Promise<void>;
  readonly print: (line: LogLine) => void;
  /** Told, once until it goes on, that the log broke off. */
  readonly brokeOff: (cause: string) => void;
}

/**
 * Prints the log of a container run after run, until its pod is gone or has ended. What breaks off is taken up where it was: no line comes
 * twice, and none is lost that the server still has.
 * @throws {KubeError} where it is not allowed
 */
export async function followContainer(followed: FollowedContainer): Promise<void> {
  const { transport, clock, source, signal, facts, change } = followed;
  const place = new Place();
  let extent = followed.extent;
  let read: number | undefined;
  let broken = false;
  while (!signal.aborted) {
    const now = facts();
    if (now === undefined) return;
    if (now.run === undefined || (now.run === read && !now.running)) {
      if (now.over) return;
      await change();
      continue;
    }
    const changed = change();
    try {
      for await (const line of containerLog(transport, source, { ...extent, follow: true }, signal)) {
        broken = false;
        if (place.isNew(line)) followed.print(line);
      }
      // To its end; or it was cut in peace, and the container still runs when its pod is looked at again.
      read = now.run;
    } catch (error) {
      if (signal.aborted) return;
      const cause = passing(error);
      if (cause === undefined) throw error;
      if (!broken && cause !== '') followed.brokeOff(cause);
      broken = true;
    }
    if (place.at !== '') extent = { sinceTime: place.at };
    place.resume();
    await soon(clock, changed);
  }
}

/** What a later try may do without; empty where it goes without saying, undefined where trying again is in vain. */
function passing(error: unknown): string | undefined {
  if (ServerUnreachable.is(error)) return error.cause instanceof Error ? error.cause.message : error.message;
  if (!KubeError.is(error)) return undefined;
  // Not started yet, or gone: the pod will say so.
  if (error.code === 400 || error.code === 404) return '';
  return error.code === 429 || error.code >= 500 ? error.message : undefined;
}

/** How far a log has been read. A server that is asked to go on begins with the second that was read last, which holds lines of before. */
class Place {
  at = '';
  /** Lines of that very moment. */
  private count = 0;
  /** How many of these come again. */
  private again: number | undefined;
  private last = true;

  resume(): void {
    this.again = this.count;
  }

  isNew({ at }: LogLine): boolean {
    // The rest of a line that was parted.
    if (at === '') return this.last;
    this.last = !this.isKnown(at);
    if (this.last) {
      this.count = at === this.at ? this.count + 1 : 1;
      this.at = at;
    }
    return this.last;
  }

  private isKnown(at: string): boolean {
    if (this.again === undefined) return false;
    if (at < this.at) return true;
    if (at === this.at && this.again > 0) {
      this.again--;
      return true;
    }
    this.again = undefined;
    return false;
  }
}

/** At the next change, and without one after a pause. */
function soon(clock: Clock, changed: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(PAUSE_MS, resolve);
    changed.then(() => {
      cancel();
      resolve();
    });
  });
}
