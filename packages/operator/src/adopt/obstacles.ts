import type { Infeasible, KubeObject, Plan } from '@kaito-sdk/core';
import { type ObjectRef, refOf } from './change.js';
import { NODE_CLAIMS_V1BETA1 } from './kaito-kinds.js';
import type { KaitoWorkspace } from './read-kaito.js';

/** Why something cannot be taken over without a pod or node being lost, and what to do about it. */
export interface Obstacle {
  readonly object: ObjectRef;
  readonly problem: string;
  readonly remedy: string;
}

/** What the operator of the given configuration would have for these claims. */
export interface Ground {
  /** `byo`: the nodes are there; otherwise those of claims. */
  readonly provisioner: string;
  /** Whether it would see claims of this kind. */
  sees(claim: KubeObject): boolean;
}

/** What keeps one Workspace from being taken over as it runs. */
export function obstaclesOf(found: KaitoWorkspace, decision: Plan | Infeasible, ground: Ground): readonly Obstacle[] {
  const { workspace, workloads, claims, pools, pods } = found;
  const object = refOf(workspace);
  const about = (problem: string, remedy: string): Obstacle => ({ object, problem, remedy });
  if (workspace.metadata.deletionTimestamp !== undefined) {
    return [about('it is being deleted', 'Let KAITO finish that first: its finalizer is there for that.')];
  }
  if (!decision.feasible) {
    return [
      about(`this operator would not run it: ${decision.message}`, `${decision.remedy} Or delete the Workspace.`),
    ];
  }
  const outdated = claims.find(({ apiVersion }) => apiVersion === `karpenter.sh/${NODE_CLAIMS_V1BETA1.version}`);
  if (pools.length > 0) {
    const names = pools.map(({ metadata }) => metadata.name).join(', ');
    return [
      about(
        `its nodes come from NodePool ${names} of KAITO's Karpenter mode, which cannot be handed over yet: it makes a new node for each that goes`,
        'Delete the Workspace and create it again under the new operator; its pods start anew.',
      ),
    ];
  }
  if (outdated) {
    return [
      about(
        `its NodeClaim ${outdated.metadata.name} is served as karpenter.sh/v1beta1 only`,
        'Upgrade gpu-provisioner to 0.4 or later first: it brings karpenter.sh/v1, in which the same objects are read.',
      ),
    ];
  }
  return [
    ...claims.filter((claim) => !ground.sees(claim)).map((claim) => unseen(claim, ground)),
    ...(ground.provisioner === 'byo' ? [] : strayPods(found, about)),
    ...workloads.flatMap((workload) => replicasMatch(workload, decision, about, pods)),
  ];
}

type About = (problem: string, remedy: string) => Obstacle;

function unseen(claim: KubeObject, { provisioner }: Ground): Obstacle {
  const form = claim.kind === 'Machine' ? ' with object: Machine' : '';
  return {
    object: refOf(claim),
    problem: `the configured provisioner ${provisioner} does not look at ${claim.apiVersion} ${claim.kind}: it would buy another node`,
    remedy: `Give the operator provisioner karpenter${form}, and the same file to kaito adopt --config.`,
  };
}

/** Pods on nodes that no claim stands for: KAITO up to 0.3 takes nodes that are there. Nobody would know that they are in use. */
function strayPods({ pods, claims }: KaitoWorkspace, about: About): readonly Obstacle[] {
  const claimed = new Set(claims.map(({ status }) => (status as { readonly nodeName?: string } | undefined)?.nodeName));
  const stray = pods.filter((pod) => {
    const node = nodeOf(pod);
    return node !== undefined && !claimed.has(node);
  });
  return stray.map((pod) =>
    about(
      `its pod ${pod.metadata.name} runs on node ${nodeOf(pod)}, which no NodeClaim or Machine of it stands for, so another node would be bought`,
      'Take it over with an operator of provisioner byo, or delete the Workspace and create it again.',
    ),
  );
}

/** KAITO deals one model over several nodes where its estimator wants that; ours may see it otherwise. */
function replicasMatch(
  workload: KubeObject,
  { nodes }: Plan,
  about: About,
  pods: readonly KubeObject[],
): readonly Obstacle[] {
  const { replicas = 1 } = (workload.spec ?? {}) as { readonly replicas?: number };
  if (workload.kind === 'Job') return [];
  if (replicas !== nodes.count) {
    return [
      about(
        `it runs on ${replicas} nodes, and the Plan of this operator is for ${nodes.count}: the others would be given back under its pods`,
        `Set resource.count to ${replicas} if they are needed, or delete the Workspace and create it again.`,
      ),
    ];
  }
  // KAITO's StatefulSet of several pods is one engine over all of them; so must be what the Service of ours selects.
  const shared = workload.kind === 'StatefulSet' && replicas > 1 && pods.length > 1;
  if (!shared || nodes.pipeline === replicas) return [];
  return [
    about(
      `its ${replicas} pods hold one model together, and the Plan of this operator has a whole one in each`,
      'Delete the Workspace and create it again; its pods start anew.',
    ),
  ];
}

/** The node that a pod is bound to. */
export function nodeOf({ spec }: KubeObject): string | undefined {
  return (spec as { readonly nodeName?: string } | undefined)?.nodeName;
}
