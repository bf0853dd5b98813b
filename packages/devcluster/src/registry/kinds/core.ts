import { ApiError } from '../../http/api-error.js';
import type { KubeObject } from '../../objects.js';
import { asList, asObject, at, copyJson, isObject, sameJson } from '../../store/json.js';
import type { Causes } from '../causes.js';
import { fieldAt } from '../field-selector.js';
import { timestamp } from '../metadata.js';
import { dnsLabel } from '../names.js';
import type { Resource, Strategy } from '../resource.js';
import { ageColumn, containerColumns, count, createdAtColumn, nameColumn, pairs, path, text } from './columns.js';
import { define } from './define.js';
import { defaultPodTemplate } from './pod-template.js';
import { checkPort } from './pod-validation.js';

const namespaceStrategy: Strategy = {
  name: dnsLabel,
  defaults(namespace) {
    // The label by which policies select a namespace by name; nobody can take it off.
    if (namespace.metadata.name) {
      namespace.metadata.labels = {
        ...namespace.metadata.labels,
        'kubernetes.io/metadata.name': namespace.metadata.name,
      };
    }
  },
  prepareCreate(namespace) {
    namespace.spec = { finalizers: ['kubernetes'] };
    namespace.status = { phase: 'Active' };
  },
  prepareUpdate(next, live, _around, subresource) {
    if (subresource !== 'finalize') next.spec = copyJson(asObject(live.spec));
  },
  refuseDelete(name) {
    if (name === 'default' || name === 'kube-system' || name === 'kube-public') {
      throw ApiError.forbidden({ group: '', plural: 'namespaces' }, name, 'this namespace may not be deleted');
    }
  },
  prepareDelete(next) {
    next.status = { ...asObject(next.status), phase: 'Terminating' };
  },
  heldBack: (namespace) => asList(at(namespace, 'spec', 'finalizers')).length > 0,
};

/** Namespaces. They go when the namespace controller has emptied them and taken `kubernetes` off `spec.finalizers`. */
export const namespaces: Resource = define({
  kind: 'Namespace',
  type: 'core.v1.Namespace',
  namespaced: false,
  shortNames: ['ns'],
  status: true,
  strategy: namespaceStrategy,
  selectable: { 'status.phase': fieldAt('status', 'phase') },
  columns: [nameColumn, text('Status', path('status', 'phase')), ageColumn],
  subresources: [{ name: 'finalize', kind: 'Namespace', verbs: ['update'] }],
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
});

function nodeStatus(node: KubeObject): string {
  const ready = asList(at(node, 'status', 'conditions'))
    .map(asObject)
    .find((each) => each.type === 'Ready');
  const states = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (at(node, 'spec', 'unschedulable') === true) states.push('SchedulingDisabled');
  return states.join(',');
}

function nodeRoles(node: KubeObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.entries(node.metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(prefix)) return [key.slice(prefix.length)].filter((role) => role !== '');
    return key === 'kubernetes.io/role' && value !== '' ? [value] : [];
  });
  return roles.length === 0 ? '<none>' : [...new Set(roles)].sort().join(',');
}

const addressOf = (type: string) => (node: KubeObject) =>
  asObject(asList(at(node, 'status', 'addresses')).find((each) => asObject(each).type === type)).address ?? '<none>';

const orUnknown = (value: unknown): unknown => value || '<unknown>';

/** Nodes. */
export const nodes: Resource = define({
  kind: 'Node',
  type: 'core.v1.Node',
  namespaced: false,
  shortNames: ['no'],
  status: true,
  selectable: { 'spec.unschedulable': (node) => String(at(node, 'spec', 'unschedulable') === true) },
  strategy: {
    keepsStatus: true,
    defaults(node) {
      node.spec ??= {};
      node.status ??= {};
      const status = node.status;
      // What is allocatable is the capacity unless the kubelet says otherwise.
      if (
        isObject(status) &&
        !Object.isFrozen(status) &&
        status.allocatable === undefined &&
        status.capacity !== undefined
      ) {
        status.allocatable = copyJson(status.capacity);
      }
    },
    validateUpdate(next, live, causes) {
      const [after, before] = [asObject(next.spec), asObject(live.spec)];
      if (before.providerID && after.providerID !== before.providerID) {
        causes.forbidden('spec.providerID', `node updates may not change providerID except from "" to valid`);
      }
    },
  },
  columns: [
    nameColumn,
    text('Status', nodeStatus),
    text('Roles', nodeRoles),
    ageColumn,
    text('Version', path('status', 'nodeInfo', 'kubeletVersion')),
    text('Internal-IP', addressOf('InternalIP'), 1),
    text('External-IP', addressOf('ExternalIP'), 1),
    text('OS-Image', (node) => orUnknown(at(node, 'status', 'nodeInfo', 'osImage')), 1),
    text('Kernel-Version', (node) => orUnknown(at(node, 'status', 'nodeInfo', 'kernelVersion')), 1),
    text('Container-Runtime', (node) => orUnknown(at(node, 'status', 'nodeInfo', 'containerRuntimeVersion')), 1),
  ],
});

function validateData(object: KubeObject, causes: Causes, binaryKey: string): void {
  const keys = [...Object.keys(asObject(object.data)), ...Object.keys(asObject(object[binaryKey]))];
  for (const key of keys) {
    if (!/^[-._a-zA-Z0-9]+$/.test(key) || key.length > 253) {
      causes.invalid(
        `data[${key}]`,
        key,
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
      );
    }
  }
}

/** What a Secret of a well-known type must hold. Either of user name and password is enough. */
const requiredKeys: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

function requireKeys(secret: KubeObject, causes: Causes): void {
  const data = asObject(secret.data);
  const type = String(secret.type);
  if (type === 'kubernetes.io/basic-auth' && !('username' in data) && !('password' in data)) {
    causes.required('data[username]');
    causes.required('data[password]');
  }
  for (const key of requiredKeys[type] ?? []) if (!(key in data)) causes.required(`data[${key}]`);
}

function immutableStays(next: KubeObject, live: KubeObject, causes: Causes, fields: readonly string[]): void {
  if (live.immutable !== true) return;
  if (next.immutable !== true) causes.forbidden('immutable', 'field is immutable when `immutable` is set');
  for (const field of fields) {
    if (!sameJson(next[field], live[field])) causes.forbidden(field, 'field is immutable when `immutable` is set');
  }
}

/** ConfigMaps. */
export const configMaps: Resource = define({
  kind: 'ConfigMap',
  type: 'core.v1.ConfigMap',
  shortNames: ['cm'],
  strategy: {
    validate(object, causes) {
      validateData(object, causes, 'binaryData');
      const binary = asObject(object.binaryData);
      for (const key of Object.keys(asObject(object.data))) {
        if (key in binary) causes.invalid(`data[${key}]`, key, 'duplicate of key present in binaryData');
      }
    },
    validateUpdate: (next, live, causes) => immutableStays(next, live, causes, ['data', 'binaryData']),
  },
  columns: [
    nameColumn,
    count('Data', (object) => Object.keys({ ...asObject(object.data), ...asObject(object.binaryData) }).length),
    ageColumn,
  ],
});

/** Secrets. `stringData` is written into `data` and never read back. */
export const secrets: Resource = define({
  kind: 'Secret',
  type: 'core.v1.Secret',
  selectable: { type: fieldAt('type') },
  strategy: {
    defaults(secret) {
      secret.type ??= 'Opaque';
      if (!isObject(secret.stringData)) return;
      const data = { ...asObject(secret.data) };
      for (const [key, value] of Object.entries(secret.stringData))
        data[key] = Buffer.from(String(value)).toString('base64');
      secret.data = data;
      delete secret.stringData;
    },
    validate(object, causes) {
      validateData(object, causes, '');
      requireKeys(object, causes);
    },
    validateUpdate(next, live, causes) {
      if (next.type !== live.type) causes.invalid('type', next.type, 'field is immutable');
      immutableStays(next, live, causes, ['data']);
    },
  },
  columns: [
    nameColumn,
    text('Type', path('type')),
    count('Data', (secret) => Object.keys(asObject(secret.data)).length),
    ageColumn,
  ],
});

/** ServiceAccounts. */
export const serviceAccounts: Resource = define({
  kind: 'ServiceAccount',
  type: 'core.v1.ServiceAccount',
  shortNames: ['sa'],
  subresources: [
    { name: 'token', kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] },
  ],
  returnsDeleted: true,
  columns: [nameColumn, count('Secrets', (account) => asList(account.secrets).length), ageColumn],
});

function endpointText(endpoints: KubeObject): string {
  const all = asList(endpoints.subsets).flatMap((each) => {
    const subset = asObject(each);
    const ports = asList(subset.ports).map((port) => asObject(port).port);
    return asList(subset.addresses).flatMap((address) =>
      ports.length === 0 ? [String(asObject(address).ip)] : ports.map((port) => `${asObject(address).ip}:${port}`),
    );
  });
  if (all.length === 0) return '<none>';
  return all.length > 3 ? `${all.slice(0, 3).join(',')} + ${all.length - 3} more...` : all.join(',');
}

/** Endpoints. */
export const endpoints: Resource = define({
  kind: 'Endpoints',
  plural: 'endpoints',
  type: 'core.v1.Endpoints',
  shortNames: ['ep'],
  strategy: {
    createOnUpdate: true,
    validate(object, causes) {
      asList(object.subsets).forEach((subset, outer) => {
        const ports = asList(asObject(subset).ports);
        ports.forEach((port, inner) => {
          const path = `subsets[${outer}].ports[${inner}]`;
          if (ports.length > 1 && !asObject(port).name) causes.required(`${path}.name`);
          checkPort(asObject(port).port, `${path}.port`, causes);
        });
      });
    },
    defaults(object) {
      for (const subset of asList(object.subsets)) {
        for (const port of asList(asObject(subset).ports)) if (isObject(port)) port.protocol ??= 'TCP';
      }
    },
  },
  columns: [nameColumn, text('Endpoints', endpointText), ageColumn],
});

const claimPhase = (object: KubeObject): unknown =>
  object.metadata.deletionTimestamp === undefined ? at(object, 'status', 'phase') : 'Terminating';

const shortModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};
const modesText = (value: unknown): string =>
  asList(value)
    .map((mode) => shortModes[String(mode)] ?? mode)
    .join(',');

/** PersistentVolumeClaims. */
export const persistentVolumeClaims: Resource = define({
  kind: 'PersistentVolumeClaim',
  type: 'core.v1.PersistentVolumeClaim',
  shortNames: ['pvc'],
  status: true,
  returnsDeleted: true,
  strategy: {
    defaults(claim) {
      if (isObject(claim.spec)) claim.spec.volumeMode ??= 'Filesystem';
    },
    prepareCreate(claim) {
      claim.status = { phase: 'Pending' };
    },
    validate(claim, causes) {
      const spec = asObject(claim.spec);
      if (asList(spec.accessModes).length === 0)
        causes.required('spec.accessModes', 'at least 1 access mode is required');
      if (at(spec, 'resources', 'requests', 'storage') === undefined) causes.required('spec.resources[storage]');
    },
  },
  columns: [
    nameColumn,
    text('Status', claimPhase),
    text('Volume', (claim) => at(claim, 'spec', 'volumeName') ?? ''),
    text('Capacity', (claim) => at(claim, 'status', 'capacity', 'storage') ?? ''),
    text('Access Modes', (claim) => modesText(at(claim, 'status', 'accessModes'))),
    text('StorageClass', (claim) => at(claim, 'spec', 'storageClassName') ?? ''),
    text('VolumeAttributesClass', (claim) => at(claim, 'spec', 'volumeAttributesClassName') ?? '<unset>'),
    ageColumn,
    text('VolumeMode', (claim) => at(claim, 'spec', 'volumeMode') ?? '<unset>', 1),
  ],
});

/** PersistentVolumes. */
export const persistentVolumes: Resource = define({
  kind: 'PersistentVolume',
  type: 'core.v1.PersistentVolume',
  namespaced: false,
  shortNames: ['pv'],
  status: true,
  returnsDeleted: true,
  strategy: {
    defaults(volume) {
      if (!isObject(volume.spec)) return;
      volume.spec.persistentVolumeReclaimPolicy ??= 'Retain';
      volume.spec.volumeMode ??= 'Filesystem';
      if (isObject(volume.spec.hostPath)) volume.spec.hostPath.type ??= '';
    },
    prepareCreate(volume, { clock }) {
      volume.status = { phase: 'Pending', lastPhaseTransitionTime: timestamp(clock.now()) };
    },
  },
  columns: [
    nameColumn,
    text('Capacity', path('spec', 'capacity', 'storage')),
    text('Access Modes', (volume) => modesText(at(volume, 'spec', 'accessModes'))),
    text('Reclaim Policy', path('spec', 'persistentVolumeReclaimPolicy')),
    text('Status', claimPhase),
    text('Claim', (volume) => {
      const { namespace, name } = asObject(at(volume, 'spec', 'claimRef'));
      return name === undefined ? '' : `${namespace}/${name}`;
    }),
    text('StorageClass', (volume) => at(volume, 'spec', 'storageClassName') ?? ''),
    text('VolumeAttributesClass', (volume) => at(volume, 'spec', 'volumeAttributesClassName') ?? '<unset>'),
    text('Reason', (volume) => at(volume, 'status', 'reason') ?? ''),
    ageColumn,
    text('VolumeMode', (volume) => at(volume, 'spec', 'volumeMode') ?? '<unset>', 1),
  ],
});

/** `cpu: used/hard` for the requests or for the limits of a quota. */
function quotaText(limits: boolean): (quota: KubeObject) => string {
  return (quota) => {
    const used = asObject(at(quota, 'status', 'used'));
    const hard = Object.entries(asObject(at(quota, 'status', 'hard')));
    return hard
      .filter(([name]) => name.startsWith('limits.') === limits)
      .map(([name, value]) => `${name}: ${used[name] ?? 0}/${value}`)
      .sort()
      .join(', ');
  };
}

/** ResourceQuotas: stored, not enforced. */
export const resourceQuotas: Resource = define({
  kind: 'ResourceQuota',
  type: 'core.v1.ResourceQuota',
  shortNames: ['quota'],
  status: true,
  columns: [nameColumn, text('Request', quotaText(false)), text('Limit', quotaText(true)), ageColumn],
});

/** LimitRanges: stored, not enforced. */
export const limitRanges: Resource = define({
  kind: 'LimitRange',
  type: 'core.v1.LimitRange',
  shortNames: ['limits'],
  strategy: { createOnUpdate: true },
  columns: [nameColumn, createdAtColumn],
});

/** PodTemplates. */
export const podTemplates: Resource = define({
  kind: 'PodTemplate',
  type: 'core.v1.PodTemplate',
  columns: [
    nameColumn,
    ...containerColumns('template').map((column) => ({ ...column, priority: 0 })),
    text('Pod Labels', (object) => pairs(at(object, 'template', 'metadata', 'labels'))),
  ],
  strategy: { generation: (object) => [object.template], defaults: (object) => defaultPodTemplate(object.template) },
});
