import type { Workspace } from '@kaito-sdk/core';
import { duration } from '../story/duration.js';
import { timelineOf } from '../story/timeline.js';
import { whyOf } from '../story/why.js';

/** One Workspace in the list. */
export interface Listed {
  readonly namespace: string;
  readonly name: string;
  readonly instanceType?: string;
  readonly nodes: number;
  readonly state: string;
  /** The reason of the first condition that is not True. */
  readonly reason: string;
  readonly usdPerHour?: number;
  readonly ageSeconds: number;
}

/** What the list has of a Workspace; `now` is milliseconds since the epoch. */
export function listed(workspace: Workspace, now: number): Listed {
  const { metadata, status, resource } = workspace;
  const { name, namespace = 'default', creationTimestamp } = metadata;
  const plan = status?.plan;
  const instanceType = plan?.feasible ? plan.nodes.instanceType : resource?.instanceType;
  const { cost } = timelineOf(workspace, now);
  const why = whyOf(workspace, [], now);
  return {
    namespace,
    name,
    ...(instanceType === undefined ? {} : { instanceType }),
    nodes: status?.workerNodes?.length ?? 0,
    state: why.state,
    reason: why.reason,
    ...(cost.usdPerHour === undefined ? {} : { usdPerHour: cost.usdPerHour }),
    ageSeconds:
      creationTimestamp === undefined ? 0 : Math.max(0, Math.round((now - Date.parse(creationTimestamp)) / 1000)),
  };
}

export const LIST_HEAD = ['NAMESPACE', 'NAME', 'INSTANCE', 'NODES', 'STATE', 'REASON', '$/HOUR', 'AGE'];

export function listCells({
  namespace,
  name,
  instanceType,
  nodes,
  state,
  reason,
  usdPerHour,
  ageSeconds,
}: Listed): string[] {
  return [
    namespace,
    name,
    instanceType ?? '-',
    String(nodes),
    state,
    reason,
    usdPerHour === undefined ? '-' : String(usdPerHour),
    duration(ageSeconds * 1000),
  ];
}
