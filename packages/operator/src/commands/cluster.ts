import {
  connect,
  EVENTS,
  KubeError,
  type KubeObject,
  namespaceOf,
  RestClient,
  systemClock,
  type Transport,
  WORKSPACES,
  type Workspace,
} from '@kaito-sdk/core';
import type { ToldEvent } from '../story/why.js';

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
  use: (cluster: AskedCluster, namespace: string) => Promise<T>,
): Promise<T> {
  const { kubeconfig, context, namespace } = options;
  const where = {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  };
  const transport = await connect({ clock: systemClock, ...where });
  try {
    return await use(askedCluster(transport), namespace ?? (await namespaceOf(where)));
  } finally {
    await transport.close?.();
  }
}

/** A cluster behind a transport. */
export function askedCluster(transport: Transport): AskedCluster {
  const client = new RestClient({ transport, clock: systemClock, random: Math.random, fieldManager: 'kaito' });
  return {
    transport,
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
