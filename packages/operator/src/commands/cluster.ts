import {
  type Clock,
  connect,
  EVENTS,
  type KubeClient,
  KubeError,
  type KubeObject,
  namespaceOf,
  RestClient,
  serverAccess,
  systemClock,
  type Transport,
  WORKSPACES,
  type Workspace,
} from '@kaito-sdk/core';
import type { ToldEvent } from '../story/why.js';
import { type Attendance, attendedTransport } from './attended-transport.js';
import type { CommandIo } from './command.js';
import { Interrupted } from './interrupted.js';

/** Options of every subcommand that asks a cluster. */
export const clusterOptions = {
  kubeconfig: { type: 'string' },
  context: { type: 'string' },
  namespace: { type: 'string', short: 'n' },
} as const;

/** Their lines of the help. */
export const clusterUsage = `  -n, --namespace NAME    [that of the context, else default]
  --kubeconfig FILE       [$KUBECONFIG, ~/.kube/config, or the service account of the pod]
  --context NAME          context of the kubeconfig       [its current one]`;

/** A cluster as a command sees it. */
export interface AskedCluster {
  readonly transport: Transport;
  /** The same, for requests that are to end with the command. */
  readonly attended: ReturnType<typeof attendedTransport>;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly client: KubeClient;
  /** Undefined when there is none of that name. */
  workspace(namespace: string, name: string): Promise<Workspace | undefined>;
  /** Of one namespace, or of all. */
  workspaces(namespace: string | undefined): Promise<readonly Workspace[]>;
  /** What was told about a Workspace within the last hour or so: the server forgets events. */
  events(workspace: Workspace): Promise<readonly ToldEvent[]>;
}

/** Connects, does something in the namespace that was named or the context has, and closes. */
export async function withCluster<T>(
  options: {
    readonly kubeconfig?: string | undefined;
    readonly context?: string | undefined;
    readonly namespace?: string | undefined;
  },
  io: CommandIo,
  use: (cluster: AskedCluster, namespace: string) => Promise<T>,
): Promise<T> {
  const { kubeconfig, context, namespace } = options;
  const where = {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  };
  const transport = await connect({ clock: systemClock, ...where });
  const { server } = await serverAccess(where);
  const late = () => {
    if (io.watched) io.err(`no answer yet from the API server at ${server}; waiting (Ctrl-C ends it)\n`);
  };
  const cluster = askedCluster({ transport, clock: systemClock, random: Math.random, signal: io.signal, late });
  try {
    return await use(cluster, namespace ?? (await namespaceOf(where)));
  } catch (error) {
    throw io.signal.aborted ? new Interrupted() : error;
  } finally {
    await cluster.attended.close();
    await transport.close?.();
  }
}

export interface AskedClusterProps extends Attendance {
  readonly transport: Transport;
  readonly random: () => number;
}

/**
 * A cluster behind a transport. A person who waits for one answer is better told soon that there is none: requests are repeated for a third of a
 * second, as opposed to the 8 seconds of an operator, which has nobody to tell.
 */
export function askedCluster({ transport, clock, random, ...attendance }: AskedClusterProps): AskedCluster {
  const attended = attendedTransport(transport, { ...attendance, clock });
  const client = new RestClient({
    transport: attended,
    clock,
    random,
    fieldManager: 'kaito',
    retries: 2,
    timeoutMs: 20_000,
  });
  return {
    transport,
    attended,
    clock,
    random,
    client,
    workspace: async (namespace, name) =>
      (await client.get(WORKSPACES, namespace, name)) as unknown as Workspace | undefined,
    workspaces: async (namespace) =>
      (await client.list(WORKSPACES, namespace === undefined ? {} : { namespace })).items as unknown as Workspace[],
    events: async ({ metadata: { name, namespace = 'default' } }) => {
      const fieldSelector = `regarding.name=${name}`;
      try {
        const { items } = await client.list(EVENTS, { namespace, fieldSelector });
        return items.filter(isAboutWorkspace).map(told);
      } catch (error) {
        // Whoever may read Workspaces need not be allowed to read events: the conditions say what is waited for.
        if (KubeError.is(error)) return [];
        throw error;
      }
    },
  };
}

interface EventObject extends KubeObject {
  readonly regarding?: { readonly kind?: string };
  readonly type?: string;
  readonly reason?: string;
  readonly note?: string;
  readonly eventTime?: string;
  readonly series?: { readonly lastObservedTime?: string };
}

function isAboutWorkspace(event: KubeObject): boolean {
  return (event as EventObject).regarding?.kind === WORKSPACES.kind;
}

function told(event: KubeObject): ToldEvent {
  const { type = 'Normal', reason = '', note = '', series, eventTime, metadata } = event as EventObject;
  return { type, reason, note, at: series?.lastObservedTime ?? eventTime ?? String(metadata.creationTimestamp ?? '') };
}
