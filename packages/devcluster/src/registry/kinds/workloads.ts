import type { KubeObject } from '../../objects.js';
import { asList, asObject, at, copyJson, isObject, type JsonObject, sameJson } from '../../store/json.js';
import type { Causes } from '../causes.js';
import { labelSelectorMatch } from '../label-selector.js';
import type { Column, Resource, Strategy } from '../resource.js';
import { selectorText } from '../subresources/scale.js';
import { ageColumn, containerColumns, count, integer, nameColumn, path, text } from './columns.js';
import { define } from './define.js';
import { defaultPodTemplate } from './pod-template.js';
import { validatePodSpec } from './pod-validation.js';
import { templateWarnings } from './pod-warnings.js';

const specOf = (object: KubeObject): JsonObject => asObject(object.spec);

const replicaScale: Resource['scale'] = {
  replicas: ['spec', 'replicas'],
  statusReplicas: ['status', 'replicas'],
  selector: ['spec', 'selector'],
};

const selectorColumn: Column = text('Selector', (object) => selectorText(specOf(object).selector) ?? '<none>', 1);
const template: readonly string[] = ['spec', 'template'];

function validateWorkload(object: KubeObject, causes: Causes, restartPolicies: readonly string[] = ['Always']): void {
  const spec = specOf(object);
  const { replicas, selector, template: pod } = spec;
  if (typeof replicas === 'number' && replicas < 0)
    causes.invalid('spec.replicas', replicas, 'must be greater than or equal to 0');
  const labels = asObject(at(pod, 'metadata', 'labels')) as Record<string, string>;
  if (!isObject(selector)) causes.required('spec.selector');
  else if (Object.keys(asObject(selector.matchLabels)).length + asList(selector.matchExpressions).length === 0) {
    causes.invalid(
      'spec.selector',
      selector,
      'empty selector is invalid for deployment'.replace('deployment', object.kind.toLowerCase()),
    );
  } else if (!labelSelectorMatch(selector)(labels)) {
    causes.invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`');
  }
  validatePodSpec(asObject(at(pod, 'spec')), 'spec.template.spec', causes);
  const policy = at(pod, 'spec', 'restartPolicy');
  if (policy !== undefined && !restartPolicies.includes(String(policy))) {
    causes.notSupported('spec.template.spec.restartPolicy', policy, restartPolicies);
  }
}

function selectorStays(next: KubeObject, live: KubeObject, causes: Causes): void {
  if (!sameJson(specOf(next).selector, specOf(live).selector)) {
    causes.invalid('spec.selector', specOf(next).selector, 'field is immutable');
  }
}

function zeroStatus(fields: JsonObject = {}): (object: KubeObject) => void {
  return (object) => {
    object.status = { ...fields };
  };
}

const deploymentStrategy: Strategy = {
  warnings: templateWarnings('spec', 'template', 'spec'),
  // Measured on kube-apiserver 1.34.4: annotations count as well, since the deployment controller copies them.
  generation: (object) => [object.spec, object.metadata.annotations ?? {}],
  defaults(object) {
    const spec = specOf(object);
    if (object.spec === undefined) return;
    spec.replicas ??= 1;
    const strategy = asObject(spec.strategy);
    strategy.type ??= 'RollingUpdate';
    if (strategy.type === 'RollingUpdate') {
      const rolling = asObject(strategy.rollingUpdate);
      rolling.maxUnavailable ??= '25%';
      rolling.maxSurge ??= '25%';
      strategy.rollingUpdate = rolling;
    }
    spec.strategy = strategy;
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
    defaultPodTemplate(spec.template);
  },
  prepareCreate: zeroStatus(),
  prepareStatus(next, live) {
    keepLabels(next, live);
    // As Go's `omitempty` on each of its counts. Those of a ReplicaSet or a StatefulSet are written even when zero.
    const kept = Object.entries(asObject(next.status)).filter(([, value]) => value !== 0);
    if (next.status !== undefined) next.status = Object.fromEntries(kept);
  },
  validate(object, causes) {
    validateWorkload(object, causes);
    const { strategy, progressDeadlineSeconds, minReadySeconds = 0 } = specOf(object);
    const { type, rollingUpdate } = asObject(strategy);
    if (type !== 'Recreate' && type !== 'RollingUpdate')
      causes.notSupported('spec.strategy.type', type, ['Recreate', 'RollingUpdate']);
    if (type === 'Recreate' && rollingUpdate !== undefined) {
      causes.forbidden('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'");
    }
    if (typeof progressDeadlineSeconds === 'number' && progressDeadlineSeconds <= Number(minReadySeconds)) {
      causes.invalid('spec.progressDeadlineSeconds', progressDeadlineSeconds, 'must be greater than minReadySeconds');
    }
  },
  validateUpdate: selectorStays,
};

function keepLabels(next: KubeObject, live: KubeObject): void {
  if (live.metadata.labels) next.metadata.labels = copyJson(live.metadata.labels);
  else delete next.metadata.labels;
}

/** Deployments. */
export const deployments: Resource = define({
  group: 'apps',
  kind: 'Deployment',
  type: 'apps.v1.Deployment',
  shortNames: ['deploy'],
  categories: ['all'],
  status: true,
  scale: replicaScale,
  strategy: deploymentStrategy,
  columns: [
    nameColumn,
    text('Ready', (object) => `${at(object, 'status', 'readyReplicas') ?? 0}/${specOf(object).replicas ?? 0}`),
    count('Up-to-date', path('status', 'updatedReplicas')),
    count('Available', path('status', 'availableReplicas')),
    ageColumn,
    ...containerColumns(...template),
    selectorColumn,
  ],
});

/** ReplicaSets. */
export const replicaSets: Resource = define({
  group: 'apps',
  kind: 'ReplicaSet',
  type: 'apps.v1.ReplicaSet',
  shortNames: ['rs'],
  categories: ['all'],
  status: true,
  scale: replicaScale,
  selectable: { 'status.replicas': (object) => String(at(object, 'status', 'replicas') ?? 0) },
  strategy: {
    warnings: templateWarnings('spec', 'template', 'spec'),
    generation: (object) => [object.spec],
    defaults(object) {
      if (object.spec === undefined) return;
      const spec = specOf(object);
      spec.replicas ??= 1;
      defaultPodTemplate(spec.template);
    },
    prepareCreate: zeroStatus({ replicas: 0 }),
    validate: (object, causes) => validateWorkload(object, causes),
    validateUpdate: selectorStays,
  },
  columns: [
    nameColumn,
    integer('Desired', path('spec', 'replicas')),
    integer('Current', path('status', 'replicas')),
    integer('Ready', path('status', 'readyReplicas')),
    ageColumn,
    ...containerColumns(...template),
    selectorColumn,
  ],
});

const setMutable =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
const setMutableFields = new Set([
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
]);

/** StatefulSets. */
export const statefulSets: Resource = define({
  group: 'apps',
  kind: 'StatefulSet',
  type: 'apps.v1.StatefulSet',
  shortNames: ['sts'],
  categories: ['all'],
  status: true,
  scale: replicaScale,
  strategy: {
    warnings: templateWarnings('spec', 'template', 'spec'),
    generation: (object) => [object.spec],
    defaults(object) {
      if (object.spec === undefined) return;
      const spec = specOf(object);
      spec.replicas ??= 1;
      spec.podManagementPolicy ??= 'OrderedReady';
      const update = asObject(spec.updateStrategy);
      update.type ??= 'RollingUpdate';
      if (update.type === 'RollingUpdate') {
        const rolling = asObject(update.rollingUpdate);
        rolling.partition ??= 0;
        update.rollingUpdate = rolling;
      }
      spec.updateStrategy = update;
      const retention = asObject(spec.persistentVolumeClaimRetentionPolicy);
      retention.whenDeleted ??= 'Retain';
      retention.whenScaled ??= 'Retain';
      spec.persistentVolumeClaimRetentionPolicy = retention;
      spec.revisionHistoryLimit ??= 10;
      spec.serviceName ??= '';
      defaultPodTemplate(spec.template);
      for (const claim of asList(spec.volumeClaimTemplates)) {
        if (!isObject(claim)) continue;
        claim.apiVersion ??= 'v1';
        claim.kind ??= 'PersistentVolumeClaim';
        if (isObject(claim.spec)) claim.spec.volumeMode ??= 'Filesystem';
        claim.status ??= { phase: 'Pending' };
      }
    },
    prepareCreate: zeroStatus({ replicas: 0, availableReplicas: 0 }),
    validate(object, causes) {
      validateWorkload(object, causes);
      const { podManagementPolicy } = specOf(object);
      if (!['OrderedReady', 'Parallel'].includes(String(podManagementPolicy))) {
        causes.notSupported('spec.podManagementPolicy', podManagementPolicy, ['OrderedReady', 'Parallel']);
      }
    },
    validateUpdate(next, live, causes) {
      const rest = (object: KubeObject): JsonObject =>
        Object.fromEntries(Object.entries(specOf(object)).filter(([key]) => !setMutableFields.has(key)));
      if (!sameJson(rest(next), rest(live))) causes.forbidden('spec', setMutable);
    },
  },
  columns: [
    nameColumn,
    text('Ready', (object) => `${at(object, 'status', 'readyReplicas') ?? 0}/${specOf(object).replicas ?? 0}`),
    ageColumn,
    ...containerColumns(...template),
  ],
});

/** DaemonSets. */
export const daemonSets: Resource = define({
  group: 'apps',
  kind: 'DaemonSet',
  type: 'apps.v1.DaemonSet',
  shortNames: ['ds'],
  categories: ['all'],
  status: true,
  strategy: {
    warnings: templateWarnings('spec', 'template', 'spec'),
    generation: (object) => [object.spec],
    defaults(object) {
      if (object.spec === undefined) return;
      const spec = specOf(object);
      const update = asObject(spec.updateStrategy);
      update.type ??= 'RollingUpdate';
      if (update.type === 'RollingUpdate') {
        const rolling = asObject(update.rollingUpdate);
        rolling.maxUnavailable ??= 1;
        rolling.maxSurge ??= 0;
        update.rollingUpdate = rolling;
      }
      spec.updateStrategy = update;
      spec.revisionHistoryLimit ??= 10;
      defaultPodTemplate(spec.template);
    },
    prepareCreate: zeroStatus({
      currentNumberScheduled: 0,
      desiredNumberScheduled: 0,
      numberMisscheduled: 0,
      numberReady: 0,
    }),
    validate: (object, causes) => validateWorkload(object, causes),
    validateUpdate: selectorStays,
  },
  columns: [
    nameColumn,
    integer('Desired', path('status', 'desiredNumberScheduled')),
    integer('Current', path('status', 'currentNumberScheduled')),
    integer('Ready', path('status', 'numberReady')),
    integer('Up-to-date', path('status', 'updatedNumberScheduled')),
    integer('Available', path('status', 'numberAvailable')),
    text('Node Selector', (object) => {
      const entries = Object.entries(asObject(at(object, 'spec', 'template', 'spec', 'nodeSelector')));
      return entries.length === 0 ? '<none>' : entries.map(([key, value]) => `${key}=${value}`).join(',');
    }),
    ageColumn,
    ...containerColumns(...template),
    selectorColumn,
  ],
});

/** ControllerRevisions. */
export const controllerRevisions: Resource = define({
  group: 'apps',
  kind: 'ControllerRevision',
  type: 'apps.v1.ControllerRevision',
  columns: [
    nameColumn,
    text('Controller', (object) => {
      const owner = object.metadata.ownerReferences?.find((each) => each.controller === true);
      return owner === undefined ? '<none>' : `${owner.kind.toLowerCase()}.apps/${owner.name}`;
    }),
    count('Revision', path('revision')),
    ageColumn,
  ],
  strategy: {
    validateUpdate(next, live, causes) {
      if (!sameJson(next.data, live.data)) causes.invalid('data', next.data, 'field is immutable');
    },
  },
});
