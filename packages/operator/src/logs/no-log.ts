import { containersOf, factsOf, initializing, type LoggedPod } from './pod-facts.js';

/** `container phi of pod phi-1 has not started: PodInitializing, and weights is running (-c weights)`. */
export function notYet(pod: LoggedPod, container: string): string {
  const { waits } = factsOf(pod, container);
  const before = initializing(pod);
  const why = waits ?? 'it has no node yet';
  const meanwhile =
    before === undefined || before === container ? '' : `; ${before} is at work (-c ${before} shows its log)`;
  return `container ${container} of pod ${pod.metadata.name} has not started: ${why}${meanwhile}`;
}

/** None of the pods has the container that was asked for. */
export function noContainer(pods: readonly LoggedPod[], asked: string | undefined): string {
  const there = [...new Set(pods.flatMap(containersOf))];
  return `there is no container ${asked ?? ''}; ${pods.length === 1 ? `pod ${pods[0]?.metadata.name} has` : 'the pods have'} ${there.join(', ')}`;
}
