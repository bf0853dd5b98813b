import { createHash } from 'node:crypto';
import type { Workspace } from '../api/workspace.js';
import { canonicalJson } from '../canonical-json.js';
import type { KubeObject } from '../kube/objects.js';
import type { Plan } from '../plan/plan.js';

/** Annotation of a Workspace: another value of it is another run of the same tuning. */
export const TUNING_RUN = 'kaito-sdk.dev/tuning-run';

/** Annotation of Jobs: which run they are of. */
export const RUN_MARK = 'kaito-sdk.dev/run';

/** Annotation of Jobs: which machines they were made for. */
export const MACHINES_MARK = 'kaito-sdk.dev/machines';

/**
 * What is asked for, in short. It changes with what a user says and with nothing else: neither a new price nor a new version of the
 * operator is a reason to train again.
 */
export function runOf(workspace: Workspace): string {
  const asked = [workspace.tuning ?? null, workspace.metadata.annotations?.[TUNING_RUN] ?? null];
  return createHash('sha256').update(canonicalJson(asked)).digest('hex').slice(0, 16);
}

/** Whether a Job is of that run. */
export function isOfRun(job: KubeObject, run: string): boolean {
  return job.metadata.annotations?.[RUN_MARK] === run;
}

/** The machines of a Plan, in short: a Job that was made for others has another build of its program, or asks for other devices. */
export function machinesOf({ nodes }: Plan): string {
  const { instanceType, gpuResource, gpusPerNode, selector } = nodes;
  return createHash('sha256')
    .update(canonicalJson([instanceType, gpuResource, gpusPerNode, selector]))
    .digest('hex')
    .slice(0, 16);
}

/** Whether a Job was made for the machines of this Plan. */
export function isForMachines(job: KubeObject, plan: Plan): boolean {
  return job.metadata.annotations?.[MACHINES_MARK] === machinesOf(plan);
}

/** The Job marked as one of that run on those machines. The marks are on the pods as well: a Job of another run is made anew, and not changed. */
export function markedJob(job: KubeObject, run: string, plan: Plan): KubeObject {
  const spec = (job.spec ?? {}) as { readonly template?: { readonly metadata?: KubeObject['metadata'] } };
  const { template = {} } = spec;
  const mark = { [RUN_MARK]: run, [MACHINES_MARK]: machinesOf(plan) };
  return {
    ...job,
    metadata: { ...job.metadata, annotations: { ...job.metadata.annotations, ...mark } },
    spec: {
      ...spec,
      template: {
        ...template,
        metadata: { ...template.metadata, annotations: { ...template.metadata?.annotations, ...mark } },
      },
    },
  };
}

/** Whether a Job waits for its machines. */
export function isSuspended({ spec }: KubeObject): boolean {
  return (spec as { readonly suspend?: boolean } | undefined)?.suspend === true;
}

/** Whether a Job has come to its end, well or not. */
export function isEnded(job: KubeObject): boolean {
  return endOf(job) !== undefined;
}

/** When a Job ended, milliseconds since the epoch. */
export function endOf(job: KubeObject): number | undefined {
  const { conditions = [] } = (job.status ?? {}) as {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly lastTransitionTime?: string;
    }[];
  };
  const ending = conditions.find(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True');
  return ending && (Date.parse(ending.lastTransitionTime ?? '') || 0);
}
