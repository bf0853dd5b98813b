import type { Transport } from '@kaito-sdk/core';
import { requestFacts } from '@kaito-sdk/core/testing';
import type { VirtualClock } from '@kaito-sdk/devcluster';
import { type AskedCluster, askedCluster } from '../../dist/commands/cluster.js';
import type { CommandIo } from '../../dist/commands/command.js';
import { CutWatches } from './cut-watches.js';

/** A command in virtual time that runs until it ends or is told to, on a connection that can be cut. */
export class Attended {
  out = '';
  err = '';
  code: number | undefined;
  error: Error | undefined;
  /** The server answers nobody. */
  away = false;
  private readonly ctrlC = new AbortController();
  private readonly streams: CutWatches;
  private read = 0;

  private constructor(
    private readonly clock: VirtualClock,
    transport: Transport,
    command: (cluster: AskedCluster, io: CommandIo) => Promise<number>,
  ) {
    const { signal } = this.ctrlC;
    this.streams = new CutWatches(clock);
    const io: CommandIo = {
      out: (text) => {
        this.out += text;
      },
      err: (text) => {
        this.err += text;
      },
      watched: false,
      signal,
    };
    const cluster = askedCluster({ transport: this.over(transport), clock, random: () => 0, signal });
    command(cluster, io).then(
      (code) => {
        this.code = code;
      },
      (error: Error) => {
        this.error = error;
      },
    );
  }

  /** Starts a command and lets it come to rest. */
  static async start(
    clock: VirtualClock,
    transport: Transport,
    command: (cluster: AskedCluster, io: CommandIo) => Promise<number>,
  ): Promise<Attended> {
    const started = new Attended(clock, transport, command);
    await clock.settle();
    return started;
  }

  /** Ctrl-C. Answers the exit code. */
  async stop(): Promise<number | undefined> {
    this.ctrlC.abort();
    await this.clock.settle();
    return this.code;
  }

  /** Cuts every stream in the middle. */
  async cut(): Promise<void> {
    this.streams.cut();
    await this.clock.settle();
  }

  /** What was printed since the last call, line by line. */
  news(): readonly string[] {
    const lines = this.out.slice(this.read).split('\n').slice(0, -1);
    this.read = this.out.length;
    return lines;
  }

  private over(transport: Transport): Transport {
    return {
      request: async (request) => {
        if (this.away) throw new Error('connect ECONNREFUSED 127.0.0.1:6443');
        const response = await transport.request(request);
        const streams = requestFacts(request).verb === 'watch' || request.path.includes('follow=true');
        return streams ? this.streams.over(response, request.signal) : response;
      },
    };
  }
}
