import {
  type KubeObject,
  jsonList as list,
  jsonObject as object,
  jsonString as string,
  type TuningOutcome,
} from '@kaito-sdk/core';
import { ending, type LastWords, lastWords } from './last-words.js';
import { containersOf, failedContainer, podsOf } from './pods.js';

/** How a Job ended, with the words of its programs; undefined while it goes on. */
export function outcomeOf(job: KubeObject, pods: readonly KubeObject[]): TuningOutcome | undefined {
  const conditions = list(object(job.status).conditions);
  const holds = (type: string) => conditions.find((one) => one.type === type && one.status === 'True');
  const own = podsOf(pods, job.metadata.name);
  if (holds('Complete')) return success(own.findLast((pod) => object(pod.status).phase === 'Succeeded'));
  const failed = holds('Failed');
  return failed && failure(string(failed.reason) ?? 'Failed', string(failed.message) ?? '', own);
}

function success(pod: KubeObject | undefined): TuningOutcome {
  const words = pod === undefined ? [] : containersOf(pod).map(({ terminated = {} }) => lastWords(terminated));
  const image = words.findLast((one) => one.image !== undefined)?.image;
  const message = words.findLast((one) => one.message !== undefined)?.message ?? 'the Job is complete';
  return { succeeded: true, message, ...(image === undefined ? {} : { image }) };
}

/** The reason is the program's own where it gave one, else the Job's: `DeadlineExceeded`, `BackoffLimitExceeded`. */
function failure(reason: string, message: string, pods: readonly KubeObject[]): TuningOutcome {
  const culprit = pods.map(failedContainer).findLast((one) => one !== undefined);
  if (!culprit) return { succeeded: false, reason, message: message || 'the Job has failed' };
  const { code, message: said } = words(culprit);
  const tries = pods.length > 1 ? `, ${pods.length} times` : '';
  if (code !== undefined) return { succeeded: false, reason: reasonOf(code), message: said ?? code };
  const told = said === undefined ? '' : `: ${said}`;
  return { succeeded: false, reason, message: `${ending(culprit.name, culprit.terminated)}${tries}${told}` };
}

function words({ terminated }: { readonly terminated: object }): LastWords {
  return lastWords(object(terminated));
}

/** Codes of programs are written in capitals, reasons of conditions in CamelCase. */
export function reasonOf(code: string): string {
  return code
    .toLowerCase()
    .split('_')
    .map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)
    .join('');
}
