import type { Clock } from '../clock.js';
import type { KubeObject } from '../objects.js';
import { Causes } from '../registry/causes.js';
import { asList, asObject, at } from '../store/json.js';
import { ApiError } from './api-error.js';
import type { Backends, LogQuery } from './backends.js';
import type { Request, Response } from './exchange.js';
import { count, flag } from './parameters.js';

/**
 * Serves `/pods/NAME/log`. What the API server says by itself was measured on kube-apiserver 1.34.4; why a container has no log yet is said as
 * its kubelet does (`validateContainerLogStatus`, 1.34).
 */
export function podLog(request: Request, pod: KubeObject, backends: Backends | undefined, clock: Clock): Response {
  if (request.method !== 'GET') {
    throw ApiError.methodNotAllowed('the server does not allow this method on the requested resource');
  }
  const { name, namespace = '' } = pod.metadata;
  const query = logQuery(request, name, clock);
  const container = containerOf(pod, request.url.searchParams.get('container') || undefined);
  // Nobody could have written anything, and the real server has nobody to ask.
  if (!at(pod, 'spec', 'nodeName')) return { status: 204, headers: {}, body: (async function* () {})() };
  const log = backends?.log(namespace, name, container, query);
  if (log === undefined) throw ApiError.badRequest(whyNone(pod, container, query.previous));
  return { status: 200, headers: { 'content-type': 'text/plain' }, body: log };
}

function logQuery(request: Request, pod: string, clock: Clock): LogQuery & { readonly previous: boolean } {
  const tailLines = count(request, 'tailLines');
  const sinceSeconds = count(request, 'sinceSeconds');
  const limitBytes = count(request, 'limitBytes');
  const text = request.url.searchParams.get('sinceTime') ?? '';
  const sinceTime = text === '' ? undefined : Date.parse(text);
  if (Number.isNaN(sinceTime)) {
    throw ApiError.badRequest(
      `parsing time ${JSON.stringify(text)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(text)} as "2006"`,
    );
  }
  const causes = new Causes();
  if (tailLines !== undefined && tailLines < 0) {
    causes.invalid('tailLines', tailLines, 'must be greater than or equal to 0');
  }
  if (limitBytes !== undefined && limitBytes < 1) causes.invalid('limitBytes', limitBytes, 'must be greater than 0');
  if (sinceSeconds !== undefined && sinceTime !== undefined) {
    causes.forbidden('[]', 'at most one of `sinceTime` or `sinceSeconds` may be specified');
  } else if (sinceSeconds !== undefined && sinceSeconds < 1) {
    causes.invalid('sinceSeconds', sinceSeconds, 'must be greater than 0');
  }
  if (causes.any) throw ApiError.invalid({ group: '', kind: 'PodLogOptions' }, pod, causes.list);
  const since = sinceSeconds === undefined ? sinceTime : clock.now() - sinceSeconds * 1000;
  return {
    follow: flag(request, 'follow'),
    previous: flag(request, 'previous'),
    timestamps: flag(request, 'timestamps'),
    signal: request.signal,
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(since === undefined ? {} : { since }),
  };
}

/** Init containers have to be asked for by name; the only main one has not. */
function containerOf(pod: KubeObject, asked: string | undefined): string {
  const { name } = pod.metadata;
  const named = (list: string) => asList(at(pod, 'spec', list)).map((each) => String(asObject(each).name));
  const main = named('containers');
  const all = [...named('initContainers'), ...main];
  const container = asked ?? (main.length === 1 ? main[0] : undefined);
  if (container === undefined) {
    throw ApiError.badRequest(`a container name must be specified for pod ${name}, choose one of: [${all.join(' ')}]`);
  }
  if (!all.includes(container)) throw ApiError.badRequest(`container ${container} is not valid for pod ${name}`);
  return container;
}

function whyNone(pod: KubeObject, container: string, previous: boolean): string {
  const who = `container ${JSON.stringify(container)} in pod ${JSON.stringify(pod.metadata.name)}`;
  if (previous) return `previous terminated ${who} not found`;
  const statuses = ['initContainerStatuses', 'containerStatuses'].flatMap((list) => asList(at(pod, 'status', list)));
  const status = statuses.map(asObject).find((each) => each.name === container);
  switch (asObject(asObject(status?.state).waiting).reason) {
    case 'ErrImagePull':
      return `${who} is waiting to start: image can't be pulled`;
    case 'ImagePullBackOff':
      return `${who} is waiting to start: trying and failing to pull image`;
    case undefined:
      return `${who} is waiting to start: ContainerCreating`;
    default:
      return `${who} is waiting to start: ${asObject(asObject(status?.state).waiting).reason}`;
  }
}
