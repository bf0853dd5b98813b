import { gib } from '../plan/bytes.js';
import type { NodeProvisioner } from '../plugin/node-provisioner.js';
import { MemoryCloud } from './memory-cloud.js';
import type { ProvisionerUnderTest } from './provisioner-under-test.js';

/** What a provisioner sees of a {@link MemoryCloud}. */
export type MemoryCloudApi = Pick<MemoryCloud, 'create' | 'delete' | 'list' | 'watched'>;

/** A {@link MemoryCloud} and a provisioner of it, as the conformance suite wants them. `make` is called for each new process. */
export function memoryWorld(make: (cloud: MemoryCloudApi) => NodeProvisioner): ProvisionerUnderTest {
  const cloud = new MemoryCloud();
  let process = { dead: false };
  return {
    request: { instanceType: 'gpu.small', capacityType: 'on-demand', diskBytes: gib(50), labels: { apps: 'demo' } },
    nodeSelector: ({ namespace, name }) => ({ owner: name, namespace }),
    connect: async ({ requestsToLive } = {}) => {
      process.dead = true;
      process = { dead: false };
      return make(mortal(cloud, process, requestsToLive));
    },
    cloud: {
      machines: async () => cloud.paid(),
      failNext: (failure) => cloud.failNext(failure),
      stallNext: (step) => cloud.failNext(step === 'launch' ? 'never-launches' : 'never-joins'),
      occupy: async (name) =>
        cloud.create({ name, instanceType: 'gpu.small', capacityType: 'on-demand', tags: { theirs: 'yes' } }),
      occupied: async (name) => cloud.watched().some((one) => one.name === name && one.tags.theirs === 'yes'),
      lose: async (name) => cloud.lose(name),
    },
    advance: async (ms) => {
      cloud.now += ms;
    },
    now: () => cloud.now,
    requests: () => cloud.requests,
    node: async (name) => cloud.node(name),
    stop: async () => {
      process.dead = true;
    },
  };
}

/** The cloud as one process sees it: dead processes get no answers, and one may die right after a request of its own. */
function mortal(
  cloud: MemoryCloud,
  process: { dead: boolean },
  requestsToLive = Number.POSITIVE_INFINITY,
): MemoryCloudApi {
  let left = requestsToLive;
  const call = <T>(act: () => T): T => {
    if (process.dead) throw new Error('the process is dead');
    const answer = act();
    if (--left <= 0) process.dead = true;
    if (process.dead) throw new Error('the process is dead');
    return answer;
  };
  return {
    create: (order) => call(() => cloud.create(order)),
    delete: (name) => call(() => cloud.delete(name)),
    list: () => call(() => cloud.list()),
    watched: () => cloud.watched(),
  };
}
