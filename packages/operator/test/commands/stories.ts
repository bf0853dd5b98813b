import type { Condition, NodeAttempt, Plan, Workspace } from '@kaito-sdk/core';

/** Noon of the day on which the stories of the tests are told. */
export const NOON = Date.UTC(2026, 5, 1, 12);

/** RFC 3339, so many minutes before noon. */
export const ago = (minutes: number): string => `${new Date(NOON - minutes * 60_000).toISOString().slice(0, 19)}Z`;

/** `['Planned', 'True', 'Feasible', 'it fits', 10]`: the last is how many minutes before noon it turned. */
export type Turn = readonly [
  type: string,
  status: Condition['status'],
  reason: string,
  message: string,
  minutes: number,
];

export function conditions(...turns: readonly Turn[]): Condition[] {
  return turns.map(([type, status, reason, message, minutes]) => ({
    type,
    status,
    reason,
    message,
    lastTransitionTime: ago(minutes),
    observedGeneration: 2,
  }));
}

export function anAttempt(fields: Partial<NodeAttempt> = {}): NodeAttempt {
  return {
    claim: 'ws1',
    instanceType: 'gpu.small',
    capacityType: 'on-demand',
    generation: 2,
    stage: 'requested',
    since: ago(5),
    asked: ago(5),
    usdPerHour: '6',
    ...fields,
  };
}

/** A Workspace of a quarter of an hour ago, with this status. */
export function aStory(status?: Workspace['status'], parts: Partial<Workspace> = {}): Workspace {
  return {
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: { name: 'demo', namespace: 'lab', generation: 2, creationTimestamp: ago(15) },
    resource: { labelSelector: { matchLabels: { apps: 'demo' } } },
    inference: { preset: { name: 'tiny' } },
    ...(status === undefined ? {} : { status }),
    ...parts,
  };
}

export const PLAN = {
  feasible: true,
  model: { preset: 'tiny' },
  nodes: { count: 1, instanceType: 'gpu.small', price: { usdPerHour: 6 } },
  runtime: { name: 'engine' },
} as unknown as Plan;
