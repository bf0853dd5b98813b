import type { ContainerStatus, Job, Pod, PodFailurePolicyRule } from '../kinds.js';

/** What a Job's pod failure policy makes of one failed pod. */
export type FailureVerdict =
  | { readonly action: 'FailJob'; readonly message: string }
  | { readonly action: 'Ignore' }
  | { readonly action: 'Count' };

const counted: FailureVerdict = { action: 'Count' };

/**
 * Judges a failed pod by the first rule that it meets, as kube-controller-manager's `matchPodFailurePolicy` does. Containers that ended
 * well are not looked at. FailIndex is for Indexed Jobs, which are not done.
 */
export function judgeFailure(job: Job, pod: Pod): FailureVerdict {
  const rules = job.spec.podFailurePolicy?.rules ?? [];
  for (const [index, rule] of rules.entries()) {
    const message = matched(rule, pod, index);
    if (message === undefined) continue;
    if (rule.action === 'FailJob') return { action: 'FailJob', message };
    return rule.action === 'Ignore' ? { action: 'Ignore' } : counted;
  }
  return counted;
}

function matched(rule: PodFailurePolicyRule, pod: Pod, index: number): string | undefined {
  const { namespace = 'default', name } = pod.metadata;
  const where = `pod ${namespace}/${name}`;
  if (rule.onExitCodes !== undefined) {
    const { containerName, operator, values } = rule.onExitCodes;
    const found = failedContainers(pod).find(
      (one) =>
        (containerName === undefined || one.name === containerName) &&
        values.includes(one.code) === (operator === 'In'),
    );
    return (
      found &&
      `Container ${found.name} for ${where} failed with exit code ${found.code} matching ${rule.action} rule at index ${index}`
    );
  }
  const condition = (rule.onPodConditions ?? []).find(({ type, status = 'True' }) =>
    pod.status?.conditions?.some((one) => one.type === type && one.status === status),
  );
  return (
    condition &&
    `${where.replace('pod', 'Pod')} has condition ${condition.type} matching ${rule.action} rule at index ${index}`
  );
}

function failedContainers({ status }: Pod): readonly { readonly name: string; readonly code: number }[] {
  const all: readonly ContainerStatus[] = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
  ];
  return all.flatMap(({ name, state }) => {
    const code = state.terminated?.exitCode;
    return code === undefined || code === 0 ? [] : [{ name, code }];
  });
}
