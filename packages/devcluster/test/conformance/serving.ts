import { ApiServer, VirtualClock } from '@kaito-sdk/devcluster';
import { Api } from './api.js';

/** What only a server in the same process has. */
export interface Inside {
  readonly server: ApiServer;
  readonly clock: VirtualClock;
}

/** Which server the cases are for. */
export interface Serving {
  /** Before each case: a server as on its first day, but for namespace `t`. */
  start(): Promise<Api>;
  /** Defines a case that reaches inside the server; `because` says what a client of a real one cannot do. */
  ownOnly(title: string, because: string, body: (inside: Inside) => Promise<void>): void;
}

/** Each case on a devcluster of its own, in virtual time, without a socket. */
export function devclusterServing(): Serving {
  let inside: Inside;
  return {
    start: () => {
      const clock = new VirtualClock();
      const server = new ApiServer({ clock });
      inside = { server, clock };
      return Api.start({
        transport: server.transport,
        now: () => clock.now(),
        quiet: () => new Promise((resolve) => setImmediate(resolve)),
        eventually: async (look) => {
          await clock.settle();
          return look();
        },
      });
    },
    ownOnly: (title, _because, body) => {
      it(title, () => body(inside));
    },
  };
}
