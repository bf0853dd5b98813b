import { defaultLeasePolicy } from '@kaito-sdk/core';
import type { World } from '../world.js';
import type { CallFault } from './call-fault.js';
import { difference, type EndState, endState, unneeded } from './end-state.js';
import { FaultPoint } from './fault-point.js';
import type { Ground, GroundName } from './ground.js';
import type { Step } from './life-step.js';
import { beginLife, type LifeName, lives, settingOf } from './workspace-life.js';

const MINUTE = 60_000;
/** After which a step that has not come about is lost. */
const LIMIT_MS = 12 * 60 * MINUTE;
/** More timers than any step takes: a life that nobody lets rest would not come to its end. */
const MOST_MOMENTS = 50_000;
/** Time for whatever comes after the last step: old nodes to go, a leak hunt to pass. */
const REST_MS = 45 * MINUTE;

/** Which life, where, and what happens to it. */
export interface ChaosCase {
  readonly ground: GroundName;
  readonly life: LifeName;
  readonly faults: readonly CallFault[];
}

/** How a life went. */
export interface ChaosEnd {
  readonly state: EndState;
  /** Calls of the operator, watches left out. */
  readonly calls: number;
  /** Each call in words. */
  readonly story: readonly string[];
  /** Faults that met a call. */
  readonly struck: number;
  readonly downMs: number;
}

/** One life of the operator with these faults. Throws when a step does not come about. */
export async function chaosLife({ ground: name, life, faults }: ChaosCase): Promise<ChaosEnd> {
  let point: FaultPoint | undefined;
  const ground = await beginLife(name, life, () => point);
  const { world } = ground;
  point = new FaultPoint(faults, {
    clock: world.clock,
    kill: () => {
      world.wire.dead = true;
    },
    forgetPast: () => world.cluster.server.compact(),
  });
  const process = new MortalProcess(world, point);
  try {
    world.between = (transport) => point.over(transport);
    await process.begin();
    const steps: readonly Step[] = lives[life];
    for (const { deed, reached, withinMs } of steps) {
      await deed(world, name);
      const limit = withinMs === undefined ? LIMIT_MS : withinMs + 1000 * spareSeconds(faults);
      await process.until(() => reached(world, name), limit);
    }
    const rested = world.clock.now() + REST_MS;
    world.clock.after(REST_MS, () => undefined);
    await process.until(async () => world.clock.now() >= rested, REST_MS + LIMIT_MS);
    if (!(await steps.at(-1)?.reached(world, name))) throw new Error('what was reached did not stay so');
    const state = await endState(ground);
    const wrong = [...unneeded(state), ...unwanted(life, faults, state)];
    if (wrong.length > 0) throw new Error(wrong.join(', '));
    return { state, calls: point.calls, story: point.story, struck: point.struck.size, downMs: point.downInAll };
  } finally {
    await stopped(ground);
  }
}

/** Throws unless this life ends as the undisturbed one does, and cost no more than the time in which nobody minded it. */
export async function checkChaos(one: ChaosCase, undisturbed: EndState): Promise<ChaosEnd> {
  const end = await chaosLife(one);
  const differences = difference(compared(one.life, end.state), undisturbed);
  if (differences.length > 0) throw new Error(`the end differs: ${differences.join('\n  ')}`);
  const spare = allowance(one, undisturbed);
  const more = end.state.paidSeconds - undisturbed.paidSeconds;
  if (more > spare)
    throw new Error(
      `machines were paid for ${more} s more than undisturbed, and ${spare} s are explained by the faults`,
    );
  return end;
}

/** How much longer machines may run, in seconds, each of them: what nobody minded, and what caches did not know. */
function allowance({ life, faults }: ChaosCase, { machines }: EndState): number {
  // A leak hunt begins with its process: which one finds the machine depends on when that was started.
  const hunted = life === 'restored in part' ? defaultLeasePolicy.leakHuntMs / 1000 : 0;
  const { mayBuy = false } = settingOf(life);
  return (mayBuy ? 1 : machines.length) * (60 + hunted + spareSeconds(faults));
}

/** What an operator that nobody disturbs does not buy. */
function unwanted(life: LifeName, faults: readonly CallFault[], { machines }: EndState): readonly string[] {
  return settingOf(life).mayBuy && faults.length === 0 ? machines.map((one) => `bought for nobody: ${one}`) : [];
}

/** What of this end counts: a machine that was bought for nobody and has ended does not, where it depends on the faults whether there is one. */
export function compared(life: LifeName, state: EndState): EndState {
  if (!settingOf(life).mayBuy) return state;
  return { ...state, machines: state.machines.filter((machine) => !machine.endsWith(' ended')) };
}

/** How much later the end may come for these faults, in seconds. */
function spareSeconds(faults: readonly CallFault[]): number {
  const each = faults.map((fault) => {
    if (fault.kind === 'kill') return fault.downMs / 1000 + 300;
    if (fault.kind === 'lag') return fault.forMs / 1000 + fault.ms / 1000 + 60;
    return 180;
  });
  return each.reduce((sum, seconds) => sum + seconds, 0);
}

/** The operator as its cluster runs it: one that has died is started again. */
class MortalProcess {
  private alive = false;

  constructor(
    private readonly world: World,
    private readonly point: FaultPoint,
  ) {}

  async begin(): Promise<void> {
    for (let tries = 0; tries < 50; tries++) {
      if (this.alive) {
        await this.world.kill();
        await this.world.clock.advance(Math.max(0, this.point.downMs - MINUTE));
      }
      this.alive = true;
      const failed = await this.world.operate().then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failed === undefined && !this.world.wire.dead) return;
      // A start that failed ends the process, and its cluster starts the next one.
      this.world.wire.dead = true;
    }
    throw new Error('the operator was started 50 times and did not stay up');
  }

  /** Lets time pass until it is so, and restarts whoever died on the way. */
  async until(reached: () => Promise<boolean>, limitMs: number): Promise<void> {
    const { world } = this;
    const latest = world.clock.now() + limitMs;
    let moments = 0;
    for (;;) {
      const left = Math.max(0, latest - world.clock.now());
      await world.clock.advanceUntil(async () => {
        if (++moments > MOST_MOMENTS) throw new Error(`something is woken without end: ${moments} timers in this step`);
        return world.wire.dead || (await reached());
      }, left);
      if (!world.wire.dead) return;
      await this.begin();
    }
  }
}

async function stopped({ world }: Ground): Promise<void> {
  await world.stop();
}
