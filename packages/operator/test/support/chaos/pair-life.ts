import type { KubeObject, Operator } from '@kaito-sdk/core';
import { requestFacts } from '@kaito-sdk/core/testing';
import type { World } from '../world.js';
import { type EndState, endState } from './end-state.js';
import type { CallPoint, GroundName } from './ground.js';
import type { Step } from './life-step.js';
import { PausedProcess, watchedWrites } from './paused-leader.js';
import { beginLife, type LifeName, lives } from './workspace-life.js';

const MINUTE = 60_000;
const LEASES = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' };
const LEASE = { namespace: 'default', name: 'kaito-operator' };

export interface PairCase {
  readonly ground: GroundName;
  readonly life: LifeName;
  /** The leader is paused right before its n-th write after that of the last pause leaves it, one number a pause. */
  readonly pauseBefore: readonly number[];
  /** The same right after its n-th look at the cloud has been answered, with whatever that look was for still to be done. */
  readonly pauseAfterLook?: readonly number[];
  readonly pauseMs: number;
}

export interface PairEnd {
  readonly state: EndState;
  /** Pauses that came about. */
  readonly pauses: number;
  /** Writes that the fence held back. */
  readonly fenced: number;
}

/**
 * Two operators with leader election. The one that leads is paused just before one of its writes leaves, for longer than its lease; the
 * other takes over; then the first goes on with what it was about to do. Throws when anybody writes that does not lead.
 */
export async function pairLife({
  ground: name,
  life,
  pauseBefore,
  pauseAfterLook = [],
  pauseMs,
}: PairCase): Promise<PairEnd> {
  let pair: Pair | undefined;
  const ground = await beginLife(name, life, () => pair?.point);
  const { world } = ground;
  pair = new Pair(world, pauseBefore, pauseAfterLook, pauseMs);
  try {
    await pair.begin();
    for (const { deed, reached } of lives[life] as readonly Step[]) {
      await deed(world, name);
      await world.clock.advanceUntil(() => reached(world, name), 12 * 60 * MINUTE);
    }
    await world.clock.advance(Math.max(45 * MINUTE, pauseMs + 5 * MINUTE));
    if (pair.broken.length > 0) throw new Error(`written without leading: ${pair.broken.join('; ')}`);
    return { state: await endState(ground), pauses: pair.pauses, fenced: pair.fenced };
  } finally {
    await pair.end();
    await world.stop();
  }
}

class Pair {
  readonly broken: string[] = [];
  pauses = 0;
  fenced = 0;
  /** Of the process that is being made. */
  point: CallPoint | undefined;
  private readonly left: number[];
  private readonly looks: number[];
  private readonly running = new Set<Operator>();
  private ending = false;
  private started = 0;

  constructor(
    private readonly world: World,
    pauseBefore: readonly number[],
    pauseAfterLook: readonly number[],
    private readonly pauseMs: number,
  ) {
    this.left = [...pauseBefore];
    this.looks = [...pauseAfterLook];
  }

  async begin(): Promise<void> {
    this.start();
    await this.world.clock.advance(5000);
    this.start();
    await this.world.clock.advance(30_000);
  }

  async end(): Promise<void> {
    this.ending = true;
    const stopped = Promise.all([...this.running].map((operator) => operator.stop()));
    await this.world.clock.advance(2 * MINUTE);
    await stopped;
  }

  private start(): void {
    const { world } = this;
    const identity = `process-${++this.started}`;
    const process = new PausedProcess(world.clock);
    const watched = watchedWrites(world.cluster.transport, identity, () => this.holder(), this.broken);
    this.point = this.cloudCalls(process, identity);
    const operator = world.process(
      {
        request: async (request) => {
          const { verb, resource } = requestFacts(request);
          const changes = verb !== 'get' && verb !== 'list' && verb !== 'watch' && resource !== 'leases';
          if (changes && this.isTime(this.left)) this.pause(process);
          const { beforeLeaving } = request;
          const fence = () => {
            try {
              beforeLeaving?.();
            } catch (error) {
              this.fenced++;
              throw error;
            }
          };
          return process
            .over(watched)
            .request(beforeLeaving === undefined ? request : { ...request, beforeLeaving: fence });
        },
      },
      { clock: process.clock, leaderElection: { ...LEASE, identity } },
    );
    this.running.add(operator);
    void operator.stopped.then(() => {
      this.running.delete(operator);
      // Whoever has lost its lease ends, and its cluster starts it again.
      if (!this.ending) this.start();
    });
    operator.start().catch(() => undefined);
  }

  private pause(process: PausedProcess): void {
    process.pause();
    this.pauses++;
    this.world.clock.after(this.pauseMs, () => process.goOn());
  }

  /** The way of one process to the cloud: while it is paused nothing leaves and no answer comes. */
  private cloudCalls(process: PausedProcess, identity: string): CallPoint {
    return {
      get paused() {
        return process.paused;
      },
      pass: async (text, send) => {
        await process.awake();
        const looks = text.startsWith('GET');
        const leader = await this.holder();
        if (!looks && leader !== identity) this.broken.push(`${identity} sent ${text} while ${leader} led`);
        const answer = await send();
        if (looks && this.isTime(this.looks)) this.pause(process);
        await process.awake();
        return answer;
      },
    };
  }

  private isTime(left: number[]): boolean {
    const [next] = left;
    if (next === undefined || this.ending) return false;
    if (next > 1) left[0] = next - 1;
    else left.shift();
    return next <= 1;
  }

  private async holder(): Promise<string | undefined> {
    const lease = (await this.world.cluster.client.get(LEASES, LEASE.namespace, LEASE.name)) as KubeObject | undefined;
    return (lease?.spec as { readonly holderIdentity?: string } | undefined)?.holderIdentity;
  }
}
