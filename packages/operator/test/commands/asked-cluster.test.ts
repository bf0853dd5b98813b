import { type KubeRequest, ServerUnreachable, type Transport } from '@kaito-sdk/core';
import { VirtualClock } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { type AskedClusterProps, askedCluster } from '../../dist/commands/cluster.js';

describe('a cluster as a command asks it', () => {
  let clock: VirtualClock;
  let late: number;
  let close: () => Promise<void>;
  beforeEach(() => {
    clock = new VirtualClock();
    late = 0;
  });

  /** Asks for a Workspace; the answer comes in time of its own. */
  const asking = (transport: Transport, more: Partial<AskedClusterProps> = {}) => {
    const asked: { ended?: number; error?: Error; found?: unknown } = {};
    const began = clock.now();
    const end = (): void => {
      asked.ended = clock.now() - began;
    };
    const cluster = askedCluster({ transport, clock, random: () => 0, late: () => late++, ...more });
    close = () => cluster.attended.close();
    cluster.workspace('default', 'demo').then(
      (found) => {
        asked.found = found;
        end();
      },
      (error: Error) => {
        asked.error = error;
        end();
      },
    );
    return asked;
  };
  const never = (request: KubeRequest): Promise<never> =>
    new Promise((_resolve, reject) => {
      request.signal?.addEventListener('abort', () => reject(request.signal?.reason));
    });

  it('says of a server that is not there after three tries in a third of a second, and not after eight seconds', async () => {
    let tries = 0;
    const asked = asking({
      request: async () => {
        tries++;
        throw new Error('connect ECONNREFUSED 127.0.0.1:6443');
      },
    });
    await clock.advance(400);
    expect(asked).to.include({ ended: 300 });
    expect(ServerUnreachable.is(asked.error)).to.equal(true);
    expect([tries, late]).to.deep.equal([3, 0]);
    await close();
    await clock.advance(2_000);
    expect(late, 'after the end').to.equal(0);
  });

  it('is content when the second try is answered', async () => {
    let tries = 0;
    const workspace = JSON.stringify({ metadata: { name: 'demo' } });
    const asked = asking({
      request: async () => {
        if (tries++ === 0) throw new Error('read ECONNRESET');
        return {
          status: 200,
          headers: {},
          body: (async function* () {
            yield workspace;
          })(),
        };
      },
    });
    await clock.advance(200);
    expect(asked.found).to.deep.equal({ metadata: { name: 'demo' } });
  });

  it('tells once, after a second, that a server has not answered yet', async () => {
    asking({ request: never });
    await clock.advance(999);
    expect(late).to.equal(0);
    await clock.advance(100_000);
    expect(late).to.equal(1);
  });

  it('gives up on a silent server after a minute', async () => {
    const asked = asking({ request: never });
    await clock.advance(61_000);
    expect(asked.error?.message).to.match(/no answer in 20000 ms/);
  });

  it('lets go of what it has asked when the command is ended, and tells nothing any more', async () => {
    const ctrlC = new AbortController();
    const asked = asking({ request: never }, { signal: ctrlC.signal });
    await clock.settle();
    ctrlC.abort();
    await clock.advance(2_000);
    expect(asked.error).to.be.instanceOf(Error);
    expect([late, clock.pending]).to.deep.equal([0, 0]);
  });
});
