import {
  type Clock,
  type LeaderElectionOptions,
  type LeasePolicy,
  type Log,
  leakHunt,
  type Metrics,
  Operator,
  podLogs,
  type Tracer,
  type Transport,
  WORKSPACES,
  warmUpAdmission,
  withPreferredNodes,
  workspaceController,
} from '@kaito-sdk/core';
import { type WorkspaceDefaults, withWorkspaceDefaults } from './config/workspace-defaults.js';
import type { Installed } from './plugins.js';

export interface KaitoOperatorProps {
  readonly installed: Installed;
  readonly transport: Transport;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log?: Log;
  /** Left out: this process acts without asking, as a single embedded operator may. */
  readonly leaderElection?: LeaderElectionOptions;
  /** Deadlines, memory and limits of the nodes. */
  readonly leases?: Partial<LeasePolicy>;
  /** Whether images are pulled to a node before its GPUs show. @default true */
  readonly prePull?: boolean;
  /** What Workspaces get where they say nothing. */
  readonly defaults?: WorkspaceDefaults;
  readonly metrics?: Metrics;
  readonly tracer?: Tracer;
}

/** Field manager, event reporter and metrics name of the reference operator. */
export const OPERATOR_NAME = 'kaito-sdk';

/** The reference operator, ready to start: plugins, one client, one cache, the Workspace controller. */
export function kaitoOperator(props: KaitoOperatorProps): Operator {
  const { installed, transport, clock, random, log, leaderElection, leases, defaults, metrics, tracer } = props;
  const pulled = props.prePull === undefined ? {} : { prePull: props.prePull };
  const operator = new Operator({
    transport,
    clock,
    random,
    name: OPERATOR_NAME,
    ...(log === undefined ? {} : { log }),
    ...(leaderElection === undefined ? {} : { leaderElection }),
    ...(metrics === undefined ? {} : { metrics }),
    ...(tracer === undefined ? {} : { tracer }),
    ...(defaults === undefined || Object.keys(defaults).length === 0
      ? {}
      : {
          transform: (object, { plural }) =>
            plural === WORKSPACES.plural ? withWorkspaceDefaults(object, defaults) : object,
        }),
  });
  warmUpAdmission();
  const { client, cache, events } = operator;
  const instances = () => installed.capabilities.instances;
  const provisioner = withPreferredNodes(installed.provisioner).connect({
    client,
    cache,
    clock,
    instances,
    mayAct: () => operator.mayAct(),
  });
  const lent = leases === undefined ? {} : { leases };
  operator.add(leakHunt({ client, cache, clock, provisioner, ...lent }));
  return operator.add(
    workspaceController({
      client,
      cache,
      clock,
      events,
      provisioner,
      catalogs: installed.catalogs,
      fieldManager: OPERATOR_NAME,
      logs: podLogs(transport),
      metrics: operator.metrics,
      ...lent,
      ...pulled,
    }),
  );
}
