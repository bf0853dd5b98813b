import { type DaemonSet, kinds, type NodeObject, type PodSpec, type Taint, type Toleration } from '../kinds.js';
import type { KubeObject } from '../objects.js';
import { podFromTemplate } from './pods.js';
import { matchesNode, tolerates } from './scheduling.js';
import { revisionLabel } from './template-revisions.js';

/** What every pod of a DaemonSet puts up with, whatever its template says (daemon.util.AddOrUpdateDaemonPodTolerations, 1.34). */
const inborn: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];

/** Whether the set wants a pod on the node, and whether one that is there may stay. */
export function wants(set: DaemonSet, node: NodeObject): { readonly run: boolean; readonly stay: boolean } {
  const { spec } = set.spec.template;
  const pod: PodSpec = { ...spec, tolerations: [...(spec.tolerations ?? []), ...inborn] };
  if (!matchesNode(pod, node) || (spec.nodeName !== undefined && spec.nodeName !== node.metadata.name)) {
    return { run: false, stay: false };
  }
  const untolerated = (effects: readonly string[]): boolean =>
    (node.spec?.taints ?? []).some((taint: Taint) => effects.includes(taint.effect) && !tolerates(pod, taint));
  return { run: !untolerated(['NoSchedule', 'NoExecute']), stay: !untolerated(['NoExecute']) };
}

/** The pod of the set for one node: the scheduler may put it there and nowhere else. */
export function daemonPod(set: DaemonSet, node: string, revision: string): KubeObject {
  const { template } = set.spec;
  const here = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] };
  const { affinity } = template.spec;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return podFromTemplate(
    kinds.daemonSets,
    set,
    template,
    { labels: { [revisionLabel]: revision, 'pod-template-generation': String(set.metadata.generation ?? 1) } },
    {
      tolerations: [...(template.spec.tolerations ?? []), ...inborn],
      affinity: {
        ...affinity,
        nodeAffinity: {
          ...affinity?.nodeAffinity,
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: (required ?? [{}]).map((term) => ({ ...term, ...here })),
          },
        },
      },
    },
  );
}
