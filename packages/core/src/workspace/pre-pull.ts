import type { KubeObject } from '../kube/objects.js';
import type { ClaimState } from '../plugin/node-provisioner.js';
import { reached } from './node-attempt.js';
import { lacking, NO_DEVICES } from './node-stage.js';
import type { WorkspaceContext } from './workspace-context.js';

/** Label of the pods that only bring images to a node. They carry none of the Workspace's labels: nobody shall take them for its workload. */
export const PRE_PULL = 'kaito-sdk.dev/pre-pull';

interface Container {
  readonly image?: string;
  readonly imagePullPolicy?: string;
}

interface Volume {
  readonly image?: { readonly reference?: string; readonly pullPolicy?: string };
}

interface PodTemplate {
  readonly spec?: {
    readonly containers?: readonly Container[];
    readonly initContainers?: readonly Container[];
    readonly volumes?: readonly Volume[];
    readonly imagePullSecrets?: unknown;
    readonly serviceAccountName?: string;
  };
}

/**
 * Jobs that bring the images of the workload, those that it mounts among them, to its nodes while drivers and device plugins are still on their
 * way: the pods of the workload ask for GPUs, and until the node shows those the scheduler holds them back, and with them the pull. One Job a node,
 * bound to it, from when it is Ready until the workload runs there. It is an optimization and nothing waits for it: whatever becomes of it, the
 * workload pulls what is missing.
 */
export async function prePulls(
  context: WorkspaceContext,
  workload: readonly KubeObject[],
): Promise<readonly KubeObject[]> {
  const { provisioner, owner, wanted } = context;
  const template = workload.map(templateOf).find((one) => one !== undefined);
  if (!context.prePull || template === undefined) return [];
  const claims = (await provisioner.observe(owner)).filter(({ name }) => wanted.includes(name));
  return claims.flatMap((claim) => {
    const job = prePull(context, claim, template);
    return isOfUse(context, claim, job) ? [job] : [];
  });
}

/** From a Ready node until the pods of the workload run there; one that shows its devices as soon as it is Ready needs none. */
function isOfUse(
  { log, cluster, plan, workspace }: WorkspaceContext,
  { name, nodeName }: ClaimState,
  job: KubeObject,
): boolean {
  const lease = log.of(name);
  if (nodeName === undefined || lease === undefined || reached(lease.stage, 'running')) return false;
  if (cluster.live(workspace, job) !== undefined) return true;
  const { gpuResource: resource, gpusPerNode: count } = plan.nodes;
  const node = cluster.node(nodeName);
  // A node that is not Ready has no network for the sandbox of a pod, and pulls nothing before it has.
  return count > 0 && lacking(node, { resource, count })?.reason === NO_DEVICES;
}

function templateOf(object: KubeObject): PodTemplate | undefined {
  return ((object.spec ?? {}) as { readonly template?: PodTemplate }).template;
}

/** An image that is mounted: the weights. It is pulled like any other. */
function mounted({ image }: Volume): readonly Container[] {
  if (image?.reference === undefined) return [];
  const { reference, pullPolicy } = image;
  return [{ image: reference, ...(pullPolicy === undefined ? {} : { imagePullPolicy: pullPolicy }) }];
}

function prePull({ plan }: WorkspaceContext, { name, nodeName }: ClaimState, { spec = {} }: PodTemplate): KubeObject {
  const { containers = [], initContainers = [], volumes = [], imagePullSecrets, serviceAccountName } = spec;
  // What holds up the workload longest comes first: the engine, then what it reads.
  const images = new Map(
    [...containers, ...volumes.flatMap(mounted), ...initContainers].map((one) => [one.image, one.imagePullPolicy]),
  );
  const needs = { cpu: '10m', memory: '32Mi' };
  const pulled = [...images].map(([image, imagePullPolicy], index) => ({
    name: `image-${index}`,
    image,
    ...(imagePullPolicy === undefined ? {} : { imagePullPolicy }),
    // An image without this program fails to start when it has been pulled, which is all that is wanted.
    command: ['true'],
    resources: { requests: needs, limits: needs },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  }));
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: `${name}-images`, namespace: plan.workspace.namespace },
    spec: {
      backoffLimit: 0,
      template: {
        metadata: { labels: { [PRE_PULL]: name } },
        spec: {
          // Past the scheduler: the node may still have the taints of its start.
          nodeName,
          tolerations: [{ operator: 'Exists' }],
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
          ...(imagePullSecrets === undefined ? {} : { imagePullSecrets }),
          securityContext: { runAsNonRoot: true, runAsUser: 65534, seccompProfile: { type: 'RuntimeDefault' } },
          containers: pulled,
        },
      },
    },
  };
}
