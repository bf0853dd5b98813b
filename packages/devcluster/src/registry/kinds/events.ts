import type { KubeObject } from '../../objects.js';
import { asObject, at } from '../../store/json.js';
import type { Causes } from '../causes.js';
import { fieldAt } from '../field-selector.js';
import type { Column, Resource, Strategy } from '../resource.js';
import { ageOf } from './age.js';
import { nameColumn, text } from './columns.js';
import { define } from './define.js';

/** core/v1 and events.k8s.io/v1 are two views of one store; the stored form is the core one. Pairs: core name, new name. */
const renamed = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
] as const;

function rename(object: KubeObject, apiVersion: string, names: ReadonlyMap<string, string>): KubeObject {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(object)) out[names.get(key) ?? key] = value;
  return { ...out, apiVersion } as KubeObject;
}

const toNew = new Map<string, string>(renamed.map(([core, fresh]) => [core, fresh]));
const toCore = new Map<string, string>(renamed.map(([core, fresh]) => [fresh, core]));

const involved = (event: KubeObject): Record<string, unknown> => asObject(event.involvedObject ?? event.regarding);

function checkNamespace(event: KubeObject, field: string, causes: Causes): void {
  const { namespace } = involved(event);
  const own = event.metadata.namespace;
  if (namespace === undefined || namespace === '') {
    if (own !== 'default') causes.invalid(`${field}.namespace`, '', 'does not match event.namespace');
  } else if (namespace !== own) causes.invalid(`${field}.namespace`, namespace, 'does not match event.namespace');
}

const coreStrategy: Strategy = {
  createOnUpdate: true,
  validate: (event, causes) => checkNamespace(event, 'involvedObject', causes),
};

const newStrategy: Strategy = {
  createOnUpdate: true,
  validate(event, causes) {
    checkNamespace(event, 'regarding', causes);
    if (event.eventTime === undefined) causes.required('eventTime');
    if (!event.reportingController) causes.required('reportingController');
    if (!event.reportingInstance) causes.required('reportingInstance');
    if (!event.action) causes.required('action');
    if (!event.reason) causes.required('reason');
    if (event.type !== 'Normal' && event.type !== 'Warning')
      causes.invalid('type', event.type ?? '', 'has invalid value: ');
  },
};

function lastSeen(event: KubeObject, now: number): string {
  const series = asObject(event.series);
  const last = series.lastObservedTime ?? event.lastTimestamp ?? event.deprecatedLastTimestamp ?? event.eventTime;
  return ageOf(last ?? event.metadata.creationTimestamp, now);
}

const objectText = (event: KubeObject): string => {
  const { kind = '', name = '' } = involved(event);
  return `${String(kind).toLowerCase()}/${name}`;
};

const columns: readonly Column[] = [
  text('Last Seen', lastSeen),
  text('Type', (event) => event.type),
  text('Reason', (event) => event.reason),
  text('Object', objectText),
  text('Subobject', (event) => involved(event).fieldPath ?? '', 1),
  text(
    'Source',
    (event) => {
      const source = asObject(event.source ?? event.deprecatedSource);
      const component = source.component ?? event.reportingComponent ?? event.reportingController ?? '';
      return source.host ? `${component}, ${source.host}` : component;
    },
    1,
  ),
  text('Message', (event) => String(event.message ?? event.note ?? '').trim()),
  text(
    'First Seen',
    (event, now) => ageOf(event.firstTimestamp ?? event.deprecatedFirstTimestamp ?? event.eventTime, now),
    1,
  ),
  text('Count', (event) => at(event, 'series', 'count') ?? event.count ?? event.deprecatedCount ?? 1, 1),
  { ...nameColumn, priority: 1 },
];

function selectable(object: string, controller: string): Resource['selectable'] {
  const fields = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];
  return {
    ...Object.fromEntries(fields.map((field) => [`${object}.${field}`, fieldAt(object, field)])),
    reason: fieldAt('reason'),
    reportingComponent: fieldAt(controller),
    source: (event) => String(at(event, 'source', 'component') ?? at(event, 'deprecatedSource', 'component') ?? ''),
    type: fieldAt('type'),
  };
}

/** Events as core/v1 shows them. */
export const coreEvents: Resource = define({
  kind: 'Event',
  type: 'core.v1.Event',
  shortNames: ['ev'],
  strategy: coreStrategy,
  columns,
  selectable: selectable('involvedObject', 'reportingComponent'),
});

const decoded = new WeakMap<KubeObject, KubeObject>();

/** Events as events.k8s.io/v1 shows them. */
export const newEvents: Resource = define({
  group: 'events.k8s.io',
  kind: 'Event',
  type: 'events.v1.Event',
  shortNames: ['ev'],
  strategy: newStrategy,
  columns,
  collection: '/events',
  selectable: selectable('regarding', 'reportingController'),
  decode(stored) {
    let event = decoded.get(stored);
    if (event === undefined) {
      event = rename(stored, 'events.k8s.io/v1', toNew);
      decoded.set(stored, event);
    }
    return event;
  },
  encode: (event) => rename(event, 'v1', toCore),
});
