import { KaitoError, KubeError, type ReflectorTrouble, ServerUnreachable, WatchCache } from '@kaito-sdk/core';
import type { AskedCluster } from './cluster.js';
import type { CommandIo } from './command.js';

/**
 * A server that comes up refuses for a moment what it allows, and does not know what it serves. Who is refused for so long has lost his
 * rights, or the definition is gone.
 */
const REFUSED_MS = 30_000;
/** So often the first list is asked for in vain before a server that was never reached counts as one that is not there. */
const FIRST_TRIES = 2;

/** What a command watches, for as long as somebody looks: it goes on by itself when the connection was lost, and says so in a line. */
export class LiveView {
  readonly cache: WatchCache;
  private synced = false;
  private lost = false;
  private refusedSince: number | undefined;
  private tries = 0;
  private settle!: { readonly end: () => void; readonly fail: (error: unknown) => void };
  private readonly over = new Promise<void>((end, fail) => {
    this.settle = { end, fail };
  });

  constructor(
    private readonly cluster: AskedCluster,
    private readonly io: CommandIo,
    private readonly command: string,
  ) {
    const { attended, clock, random } = cluster;
    this.cache = new WatchCache({
      transport: attended,
      clock,
      random,
      onTrouble: (trouble) => this.trouble(trouble),
      onRecovery: () => this.recovered(),
      onHandlerError: (error) => this.settle.fail(error),
    });
    this.over.catch(() => undefined);
    if (io.signal.aborted) this.end();
    else io.signal.addEventListener('abort', this.end, { once: true });
  }

  /** Resolves when everything asked for so far has been listed, or the command is to end. @throws what no patience cures */
  async listed(): Promise<void> {
    await Promise.race([this.cache.synced(), this.over]);
    this.synced = true;
  }

  /** Resolves when the command is to end. @throws what no patience cures */
  ended(): Promise<void> {
    return this.over;
  }

  /** Ends the command, as Ctrl-C does. */
  readonly end = (): void => this.settle.end();

  /** Ends the command with an error. */
  fail(error: unknown): void {
    this.settle.fail(error);
  }

  /** Says that the connection is lost, once until it is back. */
  interrupted(cause: string): void {
    if (this.lost || !this.synced) return;
    this.lost = true;
    this.say(`lost the connection to the API server (${cause}); trying until it is back`);
  }

  say(words: string): void {
    this.io.err(`kaito ${this.command}: ${words}\n`);
  }

  stop(): void {
    this.io.signal.removeEventListener('abort', this.end);
    this.cache.stop();
  }

  private trouble({ error, message }: ReflectorTrouble): void {
    // Whoever ends the command ends its requests as well.
    if (this.io.signal.aborted) return;
    if (this.isFinal(error)) this.settle.fail(error ?? new Error(message));
    else this.interrupted(causeOf(error) ?? message.split(';')[0] ?? message);
  }

  private isFinal(error: unknown): boolean {
    if (KubeError.is(error) && [401, 403, 404].includes(error.code)) {
      const now = this.cluster.clock.now();
      this.refusedSince ??= now;
      return !this.synced || now - this.refusedSince >= REFUSED_MS;
    }
    if (this.synced) return false;
    // Credentials that cannot be had, an answer that is none: nothing that comes back.
    return KaitoError.is(error) || ++this.tries >= FIRST_TRIES;
  }

  private recovered(): void {
    this.refusedSince = undefined;
    if (!this.lost || this.cache.states().some(({ trouble }) => trouble !== undefined)) return;
    this.lost = false;
    this.say('the connection is back');
  }
}

/** `connect ECONNREFUSED 127.0.0.1:6443` says more than which request it met. */
function causeOf(error: unknown): string | undefined {
  const cause = ServerUnreachable.is(error) ? error.cause : error;
  return cause instanceof Error ? cause.message : undefined;
}
