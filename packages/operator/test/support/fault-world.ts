import { defaultLeasePolicy } from '@kaito-sdk/core';
import type { ClaimFault } from '@kaito-sdk/devcluster';
import { installDevicePlugin } from './device-plugin.js';
import { NODE_CLAIMS, phiWorkspace, WORKSPACES, World } from './world.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const T4 = 'Standard_NC4as_T4_v3';
const NAMES = ['one', 'two', 'three'];

/** The longest that a machine may cost without ever serving: every deadline after the launch, and a little for the end. */
const LONGEST_IDLE_S =
  (defaultLeasePolicy.joinMs +
    defaultLeasePolicy.devicesMs +
    defaultLeasePolicy.runningMs +
    Math.max(defaultLeasePolicy.readyMs, 90 * MINUTE) +
    20 * MINUTE) /
  1000;

/** Random numbers in [0, 1) that a seed determines (mulberry32, public domain). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * One life of the operator in a bad world, determined by the seed: shortages, stuck machines, machines taken away, claims deleted by hand,
 * Workspaces made, changed and deleted, and the process killed after any write. Then the faults end. Throws when a node is left without
 * an owner or paid beyond its deadlines, when a Workspace waits without a true reason, or does not come up although it could.
 */
export async function faultWorld(seed: number): Promise<{ readonly story: readonly string[] }> {
  const random = randomOf(seed);
  const pick = <T>(...among: readonly T[]): T => among[Math.floor(random() * among.length)] as T;
  const story: string[] = [];
  const hasPlugin = random() < 0.8;
  const world = await World.start({}, { liveness: random() < 0.5 });
  const karpenter = world.cluster.karpenter!;
  const served = new Set<string>();
  let alive = false;

  const look = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 10 * MINUTE) {
      await world.clock.advance(Math.min(10 * MINUTE, ms - passed));
      for (const name of NAMES) {
        const attempts = (await world.workspace(name))?.status?.attempts ?? [];
        for (const { claim, stage } of attempts) if (stage === 'ready') served.add(claim);
      }
    }
  };
  const operate = async (writesToLive?: number) => {
    if (alive) await world.kill();
    await world.operate(writesToLive);
    alive = true;
  };
  const faults = (): ClaimFault =>
    pick<ClaimFault>(
      { kind: 'no-capacity' },
      { kind: 'never-launches' },
      { kind: 'never-joins' },
      { kind: 'never-shows-gpu' },
      { kind: 'launch-fails', message: 'Family Cores quota exceeded', attempts: 3 },
      { kind: 'launch-fails', message: 'SkuNotAvailable: not here' },
      { kind: 'launch-fails', message: 'AnotherOperationInProgress', attempts: 2 },
    );

  const deeds: Readonly<Record<string, () => Promise<unknown>>> = {
    make: async () => {
      const name = pick(...NAMES);
      if (await world.workspace(name)) return;
      const workspace = phiWorkspace({ name });
      const alternatives = random() < 0.5 ? { alternatives: [{ instanceType: T4 }] } : {};
      await world.apply({ ...workspace, resource: { ...(workspace.resource as object), ...alternatives } });
    },
    change: async () => {
      const name = pick(...NAMES);
      if (!(await world.workspace(name))) return;
      const patch = { resource: { instanceType: pick('Standard_NC24ads_A100_v4', 'Standard_NC6s_v3') } };
      await world.cluster.client.merge(WORKSPACES, 'default', name, patch);
    },
    delete: async () => {
      const name = pick(...NAMES);
      if (await world.workspace(name)) await world.delete(name);
    },
    fail: async () => karpenter.failNext(...Array.from({ length: 1 + Math.floor(random() * 3) }, faults)),
    lose: async () => {
      const [claim] = await world.names(NODE_CLAIMS);
      if (claim) await world.cluster.karpenter!.lose(claim);
    },
    'delete a claim by hand': async () => {
      const [claim] = await world.names(NODE_CLAIMS);
      if (claim) await world.cluster.client.delete(NODE_CLAIMS, undefined, claim);
    },
    'kill and restart': () => operate(random() < 0.7 ? 1 + Math.floor(random() * 8) : undefined),
  };

  try {
    if (hasPlugin) await installDevicePlugin(world);
    await operate(random() < 0.5 ? 1 + Math.floor(random() * 12) : undefined);
    await deeds.make?.();
    for (let step = 0; step < 10; step++) {
      const deed = pick(...Object.keys(deeds), 'make', 'fail', 'kill and restart');
      story.push(deed);
      await deeds[deed]?.();
      // A process that has died is started again by its cluster within minutes.
      await look(pick(0, MINUTE, 3 * MINUTE, 20 * MINUTE));
      if (world.wire.dead) await operate(random() < 0.5 ? 1 + Math.floor(random() * 12) : undefined);
    }
    karpenter.forgetFaults();
    await operate();
    for (let hours = 0; hours < 30 && (await trouble(world, hasPlugin)) !== undefined; hours++) await look(HOUR);
    const wrong = await trouble(world, hasPlugin);
    if (wrong !== undefined) throw new Error(wrong);
    checkBill(world, served);
    for (const name of NAMES) if (await world.workspace(name)) await world.delete(name);
    await look(HOUR);
    const remains = await world.remains();
    const left = remains.filter((one) => !one.includes('device-plugin'));
    if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
    const paid = karpenter.meter.bill().lines.filter(({ running }) => running);
    if (paid.length > 0) throw new Error(`still on the bill: ${JSON.stringify(paid)}`);
    return { story };
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new Error(`seed ${seed} (${hasPlugin ? 'with' : 'without'} device plugin): ${story.join(', ')}: ${message}`);
  } finally {
    await world.stop();
  }
}

/** The first Workspace that is neither up nor waiting for what is really missing: the device plugin, once its want was noticed. */
async function trouble(world: World, hasPlugin: boolean): Promise<string | undefined> {
  for (const name of NAMES) {
    const workspace = await world.workspace(name);
    if (!workspace) continue;
    const { conditions = [], attempts = [] } = workspace.status ?? {};
    if (conditions.some(({ type, status }) => type === 'WorkspaceReady' && status === 'True')) continue;
    const claim = conditions.find(({ type }) => type === 'NodeClaimReady');
    const noticed = attempts.some(({ failure }) => failure === 'no-plugin');
    if (!hasPlugin && noticed && claim?.reason === 'DevicePluginMissing') continue;
    return `${name} is not up, hours after the last fault: ${JSON.stringify({ conditions, attempts })}`;
  }
  return undefined;
}

function checkBill(world: World, served: ReadonlySet<string>): void {
  for (const line of world.cluster.karpenter!.meter.bill().lines) {
    if (served.has(line.machine) || line.seconds <= LONGEST_IDLE_S) continue;
    throw new Error(`paid beyond every deadline and never served: ${JSON.stringify(line)}`);
  }
}
