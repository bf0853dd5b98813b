import {
  type JsonObject as Json,
  jsonNumber as number,
  jsonObject as object,
  jsonString as string,
} from '@kaito-sdk/core';
import { type Finding, failed, sentences, waiting } from './finding.js';
import { imageFinding } from './image-finding.js';
import { knownCause } from './last-words.js';

const IMAGE_REASONS: ReadonlySet<string> = new Set([
  'ImagePullBackOff',
  'ErrImagePull',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
]);

const START_REASONS: ReadonlySet<string> = new Set([
  'CreateContainerConfigError',
  'PreCreateHookError',
  'CreateContainerError',
  'PreStartHookError',
  'RunContainerError',
  'PostStartHookError',
]);

/** Of a crash log the end says what happened; a condition has room for little more. */
const LOG_TAIL = 300;

/** Seconds; at least as long as that of the startup probe. */
const PROBE_PERIOD = 10;

/** Signals by which a kubelet ends a container: first SIGTERM, then SIGKILL. A program that ends in good order on the former says 0. */
const STOPPED: ReadonlySet<number> = new Set([0, 137, 143]);

/**
 * What a container status says; undefined when the container is ready.
 *
 * @param startupSeconds how long the startup probe waits for the engine
 */
export function containerFinding(status: Json, startupSeconds: number): Finding | undefined {
  const state = object(status.state);
  const last = object(object(status.lastState).terminated);
  if (state.waiting !== undefined) return waitingContainer(object(state.waiting), last, status, startupSeconds);
  if (state.terminated !== undefined) {
    const ended = object(state.terminated);
    return (
      explained(ended, startupSeconds) ??
      waiting('ContainerRestarting', sentences(ending(ended), 'It is being restarted.'))
    );
  }
  if (status.ready === true) return undefined;
  if (state.running === undefined) return waiting('ContainerCreating', 'The node has not started the container yet.');
  return runningContainer(object(state.running), last, status, startupSeconds);
}

function waitingContainer(cause: Json, last: Json, status: Json, startupSeconds: number): Finding {
  const reason = string(cause.reason) ?? 'ContainerCreating';
  const message = string(cause.message);
  if (IMAGE_REASONS.has(reason)) return imageFinding(string(status.image) ?? 'The image', reason, message);
  if (START_REASONS.has(reason)) {
    const remedy = /(secret|configmap) .*not found/i.test(message ?? '')
      ? 'Create what is missing in the namespace of the Workspace.'
      : 'Look at the image and its command: the container cannot be started.';
    return failed('ContainerStartError', `${reason}${message ? `: ${message}` : '.'}`, remedy);
  }
  if (reason === 'CrashLoopBackOff') {
    const again = `It has been restarted ${times(number(status.restartCount))}.`;
    return (
      explained(last, startupSeconds, again) ??
      failed(
        'ContainerCrashLoopBackOff',
        sentences(ending(last), again),
        'Look at the log of the container that ended: kubectl logs --previous.',
      )
    );
  }
  return waiting('ContainerCreating', message ?? 'The node pulls the image and makes the container.');
}

function runningContainer(running: Json, last: Json, status: Json, startupSeconds: number): Finding {
  const since = string(running.startedAt);
  const restarts = number(status.restartCount);
  const cause = restarts > 0 ? explained(last, startupSeconds) : undefined;
  // The cause stays the reason until it is known to be gone: to tell it and "starting" in turns would help nobody.
  if (cause && status.started === false) {
    const again = `It starts again${since ? `, since ${since}` : ''}, for the ${ordinal(restarts + 1)} time.`;
    return waiting(cause.reason, sentences(cause.message, again), cause.remedy);
  }
  const history = restarts > 0 ? ` Before that, restart ${restarts}: ${ending(last)}` : '';
  return status.started === false
    ? waiting('EngineStarting', `The engine is loading the model${since ? `, since ${since}` : ''}.${history}`)
    : waiting(
        'EngineNotReady',
        `The engine runs${since ? ` since ${since}` : ''} and does not answer its readiness probe.${history}`,
      );
}

/** Why a container ended, where its end or its last words give it away. */
function explained(ended: Json, startupSeconds: number, ...again: readonly string[]): Finding | undefined {
  if (ended.reason === 'OOMKilled')
    return failed(
      'ContainerOOMKilled',
      sentences(ending(ended), ...again),
      'Choose an instance type with more memory, or raise the memory limit of the pod.',
    );
  const known = knownCause(string(ended.message) ?? '');
  if (known) {
    const code = number(ended.exitCode);
    return failed(
      known.reason,
      sentences(`The container ended with exit code ${code}: ${shortened(known.line)}`, ...again),
      known.remedy,
    );
  }
  if (typeof ended.exitCode !== 'number' || !STOPPED.has(ended.exitCode)) return undefined;
  const ran = (Date.parse(String(ended.finishedAt)) - Date.parse(String(ended.startedAt))) / 1000;
  // The last of its probes comes a period before the limit.
  if (ran >= startupSeconds - PROBE_PERIOD)
    return failed(
      'EngineStartTimedOut',
      sentences(
        `The engine did not answer its startup probe within ${startupSeconds} seconds, and the kubelet stopped it`,
        ...again,
      ),
      'Look at the log for what it was busy with: loading may be slower on this disk or network than the plan allows for.',
    );
  return failed(
    'ContainerStopped',
    sentences(ending(ended), ...again),
    'The kubelet ends a container in this way when its liveness probe fails; kubectl describe pod tells which it was.',
  );
}

/** Of a count from two on. */
function ordinal(n: number): string {
  const teen = n % 100 > 10 && n % 100 < 14;
  return `${n}${(!teen && ['', 'st', 'nd', 'rd'][n % 10]) || 'th'}`;
}

function times(n: number): string {
  return n === 1 ? 'once' : `${n} times`;
}

/** How a container ended, with the end of what it said. */
function ending(terminated: Json): string {
  const code = terminated.exitCode === undefined ? 'an unknown exit code' : `exit code ${number(terminated.exitCode)}`;
  const reason = string(terminated.reason);
  const said = (string(terminated.message) ?? '').trim();
  const cause =
    reason === 'OOMKilled'
      ? 'was killed for using more memory than it may (OOMKilled)'
      : `ended with ${code}${reason && reason !== 'Error' ? ` (${reason})` : ''}`;
  return `The container ${cause}${said === '' ? '.' : `: ${shortened(said)}`}`;
}

/** The end of a text, in one line. */
function shortened(text: string): string {
  const tail = text.length > LOG_TAIL ? `…${text.slice(-LOG_TAIL)}` : text;
  return tail.replaceAll(/\s*\n\s*/g, ' | ');
}
