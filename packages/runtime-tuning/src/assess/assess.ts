import {
  type Assessment,
  type KubeObject,
  jsonList as list,
  type ObservedWorkload,
  jsonObject as object,
  jsonString as string,
} from '@kaito-sdk/core';
import { ending, lastWords } from './last-words.js';
import { outcomeOf, reasonOf } from './outcome.js';
import { type ContainerState, containersOf, failedContainer, podsOf } from './pods.js';

const IMAGE_REASONS: ReadonlySet<string> = new Set([
  'ImagePullBackOff',
  'ErrImagePull',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
]);

/** What each container is doing, for a person who waits. */
const DOING: Readonly<Record<string, string>> = {
  check: 'fetches and checks the data',
  data: 'fetches and checks the data',
  weights: 'fetches the base model',
  trainer: 'starts the training',
  pusher: 'pushes the adapter',
};

/** Reads from the live Job and its pods how a tuning goes. `ready`: the training program runs, or has done its work. */
export function assess({ plan, objects, pods }: ObservedWorkload): Assessment {
  const job = objects.find(({ kind }) => kind === 'Job');
  if (!job) return waiting('WorkloadNotCreated', `The Job ${plan.workspace.name} does not exist yet.`);
  const outcome = outcomeOf(job, pods);
  if (outcome) {
    return outcome.succeeded
      ? { state: 'ready' }
      : { state: 'failed', reason: outcome.reason, message: outcome.message };
  }
  if (object(job.spec).suspend === true) {
    return waiting('JobSuspended', `The Job ${job.metadata.name} starts when the GPUs of its node show.`);
  }
  const pod = podsOf(pods, job.metadata.name).at(-1);
  return pod ? podAssessment(pod) : withoutPod(job);
}

function podAssessment(pod: KubeObject): Assessment {
  const { name } = pod.metadata;
  const scheduled = list(object(pod.status).conditions).find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False') {
    const message = string(scheduled.message) ?? 'no node takes it';
    return waiting(string(scheduled.reason) ?? 'Unschedulable', `Pod ${name}: ${message}`);
  }
  const failed = failedContainer(pod);
  if (failed) {
    const { code, message } = lastWords(failed.terminated);
    const said = message ?? ending(failed.name, failed.terminated);
    return { state: 'failed', reason: code ? reasonOf(code) : 'PodFailed', message: `Pod ${name}: ${said}` };
  }
  const containers = containersOf(pod);
  const trainer = containers.find((one) => one.name === 'trainer' || one.name === 'check');
  if (trainer?.running || trainer?.terminated) return { state: 'ready' };
  return starting(name, containers);
}

/** A pod that has not come to its training: which container it is at, and what keeps that one. */
function starting(pod: string, containers: readonly ContainerState[]): Assessment {
  const current = containers.find(({ terminated }) => terminated === undefined);
  if (!current) return waiting('ContainerCreating', `Pod ${pod}: the node has not reported on its containers yet.`);
  const reason = string(current.waiting?.reason);
  const message = string(current.waiting?.message);
  if (reason && IMAGE_REASONS.has(reason)) {
    const why = `${current.image} cannot be pulled (${reason})${message ? `: ${message}` : '.'}`;
    return { state: 'failed', reason: 'ImagePullError', message: `Pod ${pod}: ${why}` };
  }
  if (reason?.endsWith('Error')) {
    return { state: 'failed', reason: 'ContainerStartError', message: `Pod ${pod}: ${reason}: ${message ?? ''}` };
  }
  const doing = DOING[current.name] ?? 'works';
  return current.running
    ? waiting('WorkloadStarting', `Pod ${pod}: container ${current.name} ${doing}.`)
    : waiting('ContainerCreating', `Pod ${pod}: container ${current.name} is being made.`);
}

function withoutPod(job: KubeObject): Assessment {
  return waiting('PodsMissing', `The Job ${job.metadata.name} has no pod yet.`);
}

function waiting(reason: string, message: string): Assessment {
  return { state: 'waiting', reason, message };
}
