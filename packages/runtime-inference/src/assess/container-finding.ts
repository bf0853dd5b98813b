import { type Finding, failed, waiting } from './finding.js';
import { type Json, number, object, string } from './json.js';

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

/** What a container status says; undefined when the container is ready. */
export function containerFinding(status: Json): Finding | undefined {
  const state = object(status.state);
  const last = object(object(status.lastState).terminated);
  if (state.waiting !== undefined) return waitingContainer(object(state.waiting), last, status);
  if (state.terminated !== undefined) {
    const ended = object(state.terminated);
    return ended.reason === 'OOMKilled'
      ? failed('ContainerOOMKilled', ending(ended))
      : waiting('ContainerRestarting', `${ending(ended)} It is being restarted.`);
  }
  if (status.ready === true) return undefined;
  if (state.running === undefined) return waiting('ContainerCreating', 'The node has not started the container yet.');
  return runningContainer(object(state.running), last, status);
}

function waitingContainer(cause: Json, last: Json, status: Json): Finding {
  const reason = string(cause.reason) ?? 'ContainerCreating';
  const message = string(cause.message);
  if (IMAGE_REASONS.has(reason)) {
    const image = string(status.image) ?? 'The image';
    return failed('ImagePullError', `${image} cannot be pulled (${reason})${message ? `: ${message}` : '.'}`);
  }
  if (START_REASONS.has(reason)) return failed('ContainerStartError', `${reason}${message ? `: ${message}` : '.'}`);
  if (reason === 'CrashLoopBackOff') {
    const again = ` It has been restarted ${number(status.restartCount)} times.`;
    return last.reason === 'OOMKilled'
      ? failed('ContainerOOMKilled', `${ending(last)}${again}`)
      : failed('ContainerCrashLoopBackOff', `${ending(last)}${again}`);
  }
  return waiting('ContainerCreating', message ?? 'The node pulls the image and makes the container.');
}

function runningContainer(running: Json, last: Json, status: Json): Finding {
  const since = string(running.startedAt);
  const history =
    number(status.restartCount) > 0 ? ` Before that, restart ${number(status.restartCount)}: ${ending(last)}` : '';
  return status.started === false
    ? waiting('EngineStarting', `The engine is loading the model${since ? `, since ${since}` : ''}.${history}`)
    : waiting(
        'EngineNotReady',
        `The engine runs${since ? ` since ${since}` : ''} and does not answer its readiness probe.${history}`,
      );
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
  const tail = said.length > LOG_TAIL ? `…${said.slice(-LOG_TAIL)}` : said;
  return `The container ${cause}${tail === '' ? '.' : `: ${tail.replaceAll(/\s*\n\s*/g, ' | ')}`}`;
}
