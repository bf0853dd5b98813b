import { knownReasons, nextStep } from '../../../packages/operator/dist/story/next-step.js';
import { sources } from './sources.js';

const EVENT = /\.event\(\s*'(Normal|Warning)',\s*'(\w+)'|event: \{ type: '(Normal|Warning)', reason: '(\w+)' \}/g;

const workspaceSources = () =>
  sources().filter(
    ({ file }) =>
      /^packages\/(core|provider-\w+|runtime-\w+)\/src\//.test(file) &&
      !/\/(plan|resource|api|kube|engine)\//.test(file),
  );

export interface EventReason {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
}

/** Events with a reason of their own. */
export function eventsInSources(): readonly EventReason[] {
  const found = workspaceSources().flatMap(({ text }) =>
    [...text.matchAll(EVENT)].map(([, type, reason, otherType, otherReason]) => ({
      type: (type ?? otherType) as EventReason['type'],
      reason: reason ?? otherReason ?? '',
    })),
  );
  return [...new Map(found.map((event) => [`${event.reason} ${event.type}`, event])).values()].sort((a, b) =>
    a.reason.localeCompare(b.reason),
  );
}

/** When each is recorded. */
export const EVENTS: Readonly<Record<string, string>> = {
  AdapterPullRefused: 'a registry turned the loader of an adapter away; the next way is tried',
  NodeClaimCreated: 'a node was asked for: name and instance type',
  NodeClaimReleased: 'a node was given back, and why',
  Planned: 'a new Plan: what will be done, at what price',
  PreferredNodesPassedOver: 'nodes of resource.preferredNodes that will not do, and why; others are bought',
  AdaptersExchanged: 'the running engine serves other adapters now; no pod was restarted',
  PreferredNodeTaken: 'a node of resource.preferredNodes was taken, for nothing',
  PushFailed: 'the registry did not take the adapter; it is kept and pushed again',
  TuningAdapted: 'settings that the program changed to what the model has',
  TuningInterrupted: 'the training was killed and starts again in its pod',
  TuningResumed: 'the training goes on from a checkpoint',
  TuningSucceeded: 'the adapter is there: its image with its digest',
  TuningWarning: 'something about the data or settings that does not stop the training',
};

/** Reasons and next steps are those of `kaito why`; that they are all there is held by the operator's own tests. */
export function reasonsTable(): string {
  const step = (reason: string) => nextStep(reason, { name: 'NAME', namespace: 'NAMESPACE' });
  const rows = knownReasons
    .toSorted((a, b) => a.localeCompare(b))
    .map((reason) => `| \`${reason}\` | ${step(reason)} |`);
  return `${['| reason | what to do |', '| --- | --- |', ...rows].join('\n')}\n`;
}

export function eventsTable(): string {
  const rows = eventsInSources().map(({ reason, type }) => `| \`${reason}\` | ${type} | ${EVENTS[reason] ?? ''} |`);
  return `${['| reason | type | recorded when |', '| --- | --- | --- |', ...rows].join('\n')}\n`;
}
