import type { KubeObject } from '../../objects.js';
import { quantityValue } from '../../schema/quantity.js';
import { asList, asObject, at, copyJson, isObject, type JsonObject, sameJson } from '../../store/json.js';
import type { Causes } from '../causes.js';
import { fieldAt } from '../field-selector.js';
import type { Column, Resource, Strategy } from '../resource.js';
import { ageOf } from './age.js';
import { ageColumn, nameColumn, text } from './columns.js';
import { define } from './define.js';
import { defaultPodSpec } from './pod-template.js';
import { validatePodSpec } from './pod-validation.js';
import { templateWarnings } from './pod-warnings.js';

const strategy: Strategy = {
  warnings: templateWarnings('spec'),
  generation: (pod) => [pod.spec],
  defaults(pod) {
    const { spec } = pod;
    if (!isObject(spec)) return;
    defaultPodSpec(spec);
    spec.enableServiceLinks ??= true;
    requestsFromLimits(spec);
  },
  prepareCreate(pod) {
    // What admission adds is nobody's in managedFields.
    const { spec } = pod;
    if (isObject(spec)) {
      spec.preemptionPolicy ??= 'PreemptLowerPriority';
      spec.priority ??= 0;
      tolerateShortOutages(spec);
    }
    pod.status = { phase: 'Pending', qosClass: qosClass(asObject(pod.spec)) };
  },
  prepareUpdate(pod, live) {
    // A manifest sent again does not name what admission added.
    const [spec, before] = [pod.spec, asObject(live.spec)];
    if (!isObject(spec)) return;
    for (const field of ['preemptionPolicy', 'priority'] as const) {
      if (spec[field] === undefined && before[field] !== undefined) spec[field] = before[field];
    }
  },
  prepareStatus(pod, live) {
    const status = asObject(pod.status);
    if (status.qosClass === undefined) pod.status = { ...status, qosClass: asObject(live.status).qosClass };
    if (live.metadata.ownerReferences) pod.metadata.ownerReferences = copyJson(live.metadata.ownerReferences);
    else delete pod.metadata.ownerReferences;
  },
  validate(pod, causes) {
    validatePodSpec(asObject(pod.spec), 'spec', causes);
  },
  validateUpdate(pod, live, causes, subresource) {
    if (subresource !== 'binding') validateSpecChange(asObject(pod.spec), asObject(live.spec), causes);
  },
  grace(pod, asked) {
    const { nodeName, terminationGracePeriodSeconds } = asObject(pod.spec);
    const phase = at(pod, 'status', 'phase');
    if (!nodeName || phase === 'Succeeded' || phase === 'Failed') return 0;
    const own = typeof terminationGracePeriodSeconds === 'number' ? terminationGracePeriodSeconds : 30;
    return Math.max(asked ?? own, 0);
  },
};

/** A pod that says only how much it may use at most asks for just that. */
function requestsFromLimits(spec: JsonObject): void {
  for (const list of ['initContainers', 'containers']) {
    for (const container of asList(spec[list])) {
      const resources = asObject(container).resources;
      if (!isObject(resources) || !isObject(resources.limits)) continue;
      const requests = { ...resources.limits, ...asObject(resources.requests) };
      if (!sameJson(requests, resources.requests)) resources.requests = requests;
    }
  }
}

/** What the DefaultTolerationSeconds admission plugin adds to every pod. */
function tolerateShortOutages(spec: JsonObject): void {
  const tolerations = asList(spec.tolerations);
  const added: JsonObject[] = [];
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const covered = tolerations.some((each) => {
      const toleration = asObject(each);
      return (toleration.key === key || !toleration.key) && (!toleration.effect || toleration.effect === 'NoExecute');
    });
    if (!covered) added.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 });
  }
  if (added.length > 0) spec.tolerations = [...tolerations, ...added];
}

function qosClass(spec: JsonObject): string {
  let any = false;
  let guaranteed = true;
  for (const container of [...asList(spec.initContainers), ...asList(spec.containers)]) {
    const limits = asObject(at(container, 'resources', 'limits'));
    const requests = asObject(at(container, 'resources', 'requests'));
    for (const name of ['cpu', 'memory']) {
      if (limits[name] !== undefined || requests[name] !== undefined) any = true;
      if (
        limits[name] === undefined ||
        quantityValue(String(limits[name])) !== quantityValue(String(requests[name] ?? limits[name]))
      ) {
        guaranteed = false;
      }
    }
  }
  return any ? (guaranteed ? 'Guaranteed' : 'Burstable') : 'BestEffort';
}

const mutable =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

function validateSpecChange(next: JsonObject, live: JsonObject, causes: Causes): void {
  if (sameJson(next, live)) return;
  const masked = copyJson(next);
  for (const list of ['containers', 'initContainers']) {
    asList(masked[list]).forEach((each, index) => {
      const before = asObject(asList(live[list])[index]);
      if (isObject(each) && before.image !== undefined) each.image = before.image;
    });
  }
  for (const key of ['activeDeadlineSeconds', 'tolerations', 'schedulingGates', 'ephemeralContainers']) {
    if (live[key] === undefined) delete masked[key];
    else masked[key] = live[key];
  }
  if (!sameJson(masked, live)) causes.forbidden('spec', mutable);
}

const containers = (pod: KubeObject): readonly unknown[] => asList(at(pod, 'spec', 'containers'));

function ready(pod: KubeObject): string {
  const statuses = asList(at(pod, 'status', 'containerStatuses'));
  const sidecars = asList(at(pod, 'spec', 'initContainers')).filter(
    (each) => asObject(each).restartPolicy === 'Always',
  ).length;
  const count = statuses.filter((each) => asObject(each).ready === true).length;
  return `${count}/${containers(pod).length + sidecars}`;
}

/** The STATUS column: what the containers say goes before the phase. */
function statusText(pod: KubeObject): string {
  const status = asObject(pod.status);
  let reason = String(status.reason ?? status.phase ?? 'Unknown');
  const conditions = asList(status.conditions).map(asObject);
  if (conditions.some((each) => each.type === 'PodScheduled' && each.reason === 'SchedulingGated'))
    reason = 'SchedulingGated';
  const specs = asList(at(pod, 'spec', 'initContainers')).map(asObject);
  let initializing = false;
  const inits = asList(status.initContainerStatuses).map(asObject);
  for (const [index, init] of inits.entries()) {
    const terminated = asObject(asObject(init.state).terminated);
    const waiting = asObject(asObject(init.state).waiting);
    const restartable = specs[index]?.restartPolicy === 'Always';
    if (terminated.exitCode === 0 || (restartable && init.started === true)) continue;
    initializing = true;
    if (asObject(init.state).terminated !== undefined) {
      reason = `Init:${terminated.reason || (terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`)}`;
    } else if (waiting.reason && waiting.reason !== 'PodInitializing') reason = `Init:${waiting.reason}`;
    else reason = `Init:${index}/${specs.length}`;
    break;
  }
  if (!initializing) {
    let running = false;
    for (const container of asList(status.containerStatuses).map(asObject).reverse()) {
      const state = asObject(container.state);
      const waiting = asObject(state.waiting);
      const terminated = asObject(state.terminated);
      if (waiting.reason) reason = String(waiting.reason);
      else if (terminated.reason) reason = String(terminated.reason);
      else if (state.terminated !== undefined) {
        reason = terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;
      } else if (container.ready === true && state.running !== undefined) running = true;
    }
    if (reason === 'Completed' && running) {
      reason = conditions.some((each) => each.type === 'Ready' && each.status === 'True') ? 'Running' : 'NotReady';
    }
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    return status.reason === 'NodeLost'
      ? 'Unknown'
      : status.phase === 'Succeeded' || status.phase === 'Failed'
        ? reason
        : 'Terminating';
  }
  return reason;
}

function restarts(pod: KubeObject, now: number): string {
  let count = 0;
  let last: string | undefined;
  for (const each of asList(at(pod, 'status', 'containerStatuses'))) {
    count += Number(asObject(each).restartCount ?? 0);
    const finished = at(each, 'lastState', 'terminated', 'finishedAt');
    if (typeof finished === 'string' && (last === undefined || finished > last)) last = finished;
  }
  return count > 0 && last !== undefined ? `${count} (${ageOf(last, now)} ago)` : String(count);
}

const orNone = (value: unknown): unknown => (value === undefined || value === '' ? '<none>' : value);

const columns: readonly Column[] = [
  nameColumn,
  text('Ready', ready),
  text('Status', statusText),
  text('Restarts', restarts),
  ageColumn,
  text('IP', (pod) => orNone(at(pod, 'status', 'podIP')), 1),
  text('Node', (pod) => orNone(at(pod, 'spec', 'nodeName')), 1),
  text('Nominated Node', (pod) => orNone(at(pod, 'status', 'nominatedNodeName')), 1),
  text(
    'Readiness Gates',
    (pod) => {
      const gates = asList(at(pod, 'spec', 'readinessGates')).map((each) => asObject(each).conditionType);
      if (gates.length === 0) return '<none>';
      const met = asList(at(pod, 'status', 'conditions')).map(asObject);
      const count = gates.filter((gate) => met.some((each) => each.type === gate && each.status === 'True')).length;
      return `${count}/${gates.length}`;
    },
    1,
  ),
];

/** Pods. */
export const pods: Resource = define({
  kind: 'Pod',
  type: 'core.v1.Pod',
  shortNames: ['po'],
  categories: ['all'],
  status: true,
  strategy,
  columns,
  returnsDeleted: true,
  selectable: {
    'spec.nodeName': fieldAt('spec', 'nodeName'),
    'spec.restartPolicy': fieldAt('spec', 'restartPolicy'),
    'spec.schedulerName': fieldAt('spec', 'schedulerName'),
    'spec.serviceAccountName': fieldAt('spec', 'serviceAccountName'),
    'spec.hostNetwork': (pod) => String(at(pod, 'spec', 'hostNetwork') === true),
    'status.phase': fieldAt('status', 'phase'),
    'status.podIP': fieldAt('status', 'podIP'),
    'status.nominatedNodeName': fieldAt('status', 'nominatedNodeName'),
  },
  subresources: [
    { name: 'binding', kind: 'Binding', verbs: ['create'] },
    { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
    { name: 'log', kind: 'Pod', verbs: ['get'] },
    { name: 'proxy', kind: 'PodProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] },
  ],
});
