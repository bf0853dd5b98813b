import { seeded } from '@kaito-sdk/core/testing';
import { pick, type Random } from '../fault-world/bad-cloud.js';
import type { CallFault } from './call-fault.js';
import type { ChaosCase } from './chaos-life.js';
import { groundNames } from './ground.js';
import { livesOn } from './workspace-life.js';

const MINUTE = 60_000;
const WATCHED = [
  'workspaces',
  'nodes',
  'pods',
  'deployments',
  'services',
  'nodeclaims',
  'nodepools',
  'machines',
  'jobs',
];
/** Faults of one life. */
const MOST = 6;

/** Which life a seed has, and where: each pair comes by in turn. */
export function placeOf(seed: number): Pick<ChaosCase, 'ground' | 'life'> {
  const ground = groundNames[seed % groundNames.length];
  if (ground === undefined) throw new RangeError(`a seed is a whole number from 0, not ${seed}`);
  const lives = livesOn(ground);
  const life = lives[Math.floor(seed / groundNames.length) % lives.length] ?? 'inference';
  return { ground, life };
}

/**
 * What happens in the life of a seed: up to six faults, each at a call within the undisturbed life or a little after it. All of them
 * together stay well within the deadlines of a lease, so that the end must be the undisturbed one.
 */
export function faultsOf(seed: number, calls: number): readonly CallFault[] {
  const random = seeded(seed);
  const count = 1 + Math.floor(random() * MOST);
  const faults = Array.from({ length: count }, () => faultAt(random, 1 + Math.floor(random() * calls * 1.3)));
  return faults.sort((a, b) => a.at - b.at);
}

function faultAt(random: Random, at: number): CallFault {
  const kind = pick(random, 'kill', 'kill', 'kill', 'lose-answer', 'refuse', 'answer', 'lag', 'lag', 'twice', 'cut');
  switch (kind) {
    case 'kill':
      return { at, kind, downMs: pick(random, 0, MINUTE, 3 * MINUTE) };
    case 'answer':
      return { at, kind, status: pick(random, 409, 429, 500, 503), times: 1 + Math.floor(random() * 4) };
    case 'lag': {
      const resource = random() < 0.7 ? { resource: pick(random, ...WATCHED) } : {};
      return { at, kind, ms: pick(random, 500, 5000, 30_000), forMs: pick(random, MINUTE, 5 * MINUTE), ...resource };
    }
    case 'twice':
      return { at, kind, forMs: 10 * MINUTE };
    case 'cut':
      return { at, kind, expired: random() < 0.5 };
    default:
      return { at, kind };
  }
}
