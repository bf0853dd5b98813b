import type { KubeObject } from '../../objects.js';
import { asList, asObject, at, ensureObject, isObject, sameJson } from '../../store/json.js';
import type { Causes } from '../causes.js';
import { dnsSubdomain, pathSegment } from '../names.js';
import type { Resource, Strategy } from '../resource.js';
import { selectorText } from '../subresources/scale.js';
import { ageColumn, createdAtColumn, flagColumn, integer, nameColumn, path, text } from './columns.js';
import { define } from './define.js';

/** Leases. Their times have six digits, which the type itself demands. */
const leases = define({
  group: 'coordination.k8s.io',
  kind: 'Lease',
  type: 'coordination.v1.Lease',
  strategy: {
    conditional: true,
    createOnUpdate: true,
    validate(lease, causes) {
      const { leaseDurationSeconds, leaseTransitions } = asObject(lease.spec);
      if (typeof leaseDurationSeconds === 'number' && leaseDurationSeconds <= 0) {
        causes.invalid('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0');
      }
      if (typeof leaseTransitions === 'number' && leaseTransitions < 0) {
        causes.invalid('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0');
      }
    },
  },
  columns: [nameColumn, text('Holder', (lease) => at(lease, 'spec', 'holderIdentity') ?? ''), ageColumn],
});

const addressTypes = ['FQDN', 'IPv4', 'IPv6'];

const endpointSlices = define({
  group: 'discovery.k8s.io',
  kind: 'EndpointSlice',
  type: 'discovery.v1.EndpointSlice',
  strategy: {
    generation: ({ metadata: _, ...rest }) => [rest],
    defaults(slice) {
      for (const port of asList(slice.ports)) {
        if (!isObject(port)) continue;
        port.name ??= '';
        port.protocol ??= 'TCP';
      }
      for (const endpoint of asList(slice.endpoints)) if (isObject(endpoint)) ensureObject(endpoint, 'conditions');
    },
    validate(slice, causes) {
      if (slice.addressType === undefined) causes.required('addressType');
      else if (!addressTypes.includes(String(slice.addressType)))
        causes.notSupported('addressType', slice.addressType, addressTypes);
    },
    validateUpdate(next, live, causes) {
      if (next.addressType !== live.addressType) causes.invalid('addressType', next.addressType, 'field is immutable');
    },
  },
  columns: [
    nameColumn,
    text('AddressType', path('addressType')),
    text('Ports', (slice) => {
      const ports = asList(slice.ports).map((each) => asObject(each).port ?? '*');
      return ports.length === 0 ? '<unset>' : ports.join(',');
    }),
    text('Endpoints', (slice) => {
      const all = asList(slice.endpoints).flatMap((each) => asList(asObject(each).addresses));
      if (all.length === 0) return '<unset>';
      return all.length > 3 ? `${all.slice(0, 3).join(',')} + ${all.length - 3} more...` : all.join(',');
    }),
    ageColumn,
  ],
});

const rbacStrategy: Strategy = {
  createOnUpdate: true,
  name: pathSegment,
  validate(object, causes) {
    asList(object.rules).forEach((each, index) => {
      const rule = asObject(each);
      if (asList(rule.verbs).length === 0)
        causes.required(`rules[${index}].verbs`, 'verbs must contain at least one value');
      if (asList(rule.nonResourceURLs).length > 0) return;
      if (asList(rule.apiGroups).length === 0)
        causes.required(`rules[${index}].apiGroups`, 'resource rules must supply at least one api group');
      if (asList(rule.resources).length === 0)
        causes.required(`rules[${index}].resources`, 'resource rules must supply at least one resource');
    });
  },
};

const bindingStrategy: Strategy = {
  createOnUpdate: true,
  name: pathSegment,
  defaults(binding) {
    const { roleRef } = binding;
    if (isObject(roleRef) && !Object.isFrozen(roleRef)) roleRef.apiGroup ??= 'rbac.authorization.k8s.io';
    for (const subject of asList(binding.subjects)) {
      if (isObject(subject) && subject.kind !== 'ServiceAccount') subject.apiGroup ??= 'rbac.authorization.k8s.io';
    }
  },
  validate(binding, causes) {
    const { kind, name } = asObject(binding.roleRef);
    if (!name) causes.required('roleRef.name');
    if (kind !== 'Role' && kind !== 'ClusterRole')
      causes.notSupported('roleRef.kind', kind ?? '', ['Role', 'ClusterRole']);
  },
  validateUpdate(next, live, causes) {
    if (!sameJson(next.roleRef, live.roleRef)) causes.invalid('roleRef', next.roleRef, 'cannot change roleRef');
  },
};

const roleText = (binding: KubeObject): string => {
  const { kind, name } = asObject(binding.roleRef);
  return `${kind}/${name}`;
};
const subjectsOf = (kind: string) => (binding: KubeObject) =>
  asList(binding.subjects)
    .map(asObject)
    .filter((each) => each.kind === kind)
    .map((each) => (kind === 'ServiceAccount' ? `${each.namespace}/${each.name}` : each.name))
    .join(', ');
const bindingColumns = [
  nameColumn,
  text('Role', roleText),
  ageColumn,
  text('Users', subjectsOf('User'), 1),
  text('Groups', subjectsOf('Group'), 1),
  text('ServiceAccounts', subjectsOf('ServiceAccount'), 1),
];

const rbac = [
  define({
    group: 'rbac.authorization.k8s.io',
    kind: 'Role',
    type: 'rbac.v1.Role',
    strategy: rbacStrategy,
    columns: [nameColumn, createdAtColumn],
  }),
  define({
    group: 'rbac.authorization.k8s.io',
    kind: 'ClusterRole',
    type: 'rbac.v1.ClusterRole',
    namespaced: false,
    strategy: rbacStrategy,
    columns: [nameColumn, createdAtColumn],
  }),
  define({
    group: 'rbac.authorization.k8s.io',
    kind: 'RoleBinding',
    type: 'rbac.v1.RoleBinding',
    strategy: bindingStrategy,
    columns: bindingColumns,
  }),
  define({
    group: 'rbac.authorization.k8s.io',
    kind: 'ClusterRoleBinding',
    type: 'rbac.v1.ClusterRoleBinding',
    namespaced: false,
    strategy: bindingStrategy,
    columns: bindingColumns,
  }),
];

const podDisruptionBudgets = define({
  group: 'policy',
  kind: 'PodDisruptionBudget',
  type: 'policy.v1.PodDisruptionBudget',
  shortNames: ['pdb'],
  status: true,
  strategy: {
    conditional: true,
    generation: (object) => [object.spec],
    prepareCreate(object) {
      object.status = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };
    },
    validate(object, causes) {
      const { minAvailable, maxUnavailable } = asObject(object.spec);
      if (minAvailable !== undefined && maxUnavailable !== undefined) {
        causes.invalid('spec', object.spec, 'minAvailable and maxUnavailable cannot be both set');
      }
    },
  },
  columns: [
    nameColumn,
    text('Min Available', (object) => String(at(object, 'spec', 'minAvailable') ?? 'N/A')),
    text('Max Unavailable', (object) => String(at(object, 'spec', 'maxUnavailable') ?? 'N/A')),
    integer('Allowed Disruptions', path('status', 'disruptionsAllowed')),
    ageColumn,
  ],
});

const storageClasses = define({
  group: 'storage.k8s.io',
  kind: 'StorageClass',
  plural: 'storageclasses',
  type: 'storage.v1.StorageClass',
  namespaced: false,
  shortNames: ['sc'],
  strategy: {
    defaults(storage) {
      storage.reclaimPolicy ??= 'Delete';
      storage.volumeBindingMode ??= 'Immediate';
    },
    validate(storage, causes) {
      if (!storage.provisioner) causes.required('provisioner');
    },
    validateUpdate(next, live, causes) {
      for (const field of ['provisioner', 'parameters', 'reclaimPolicy', 'volumeBindingMode']) {
        if (!sameJson(next[field], live[field])) causes.forbidden(field, `updates to ${field} are forbidden.`);
      }
    },
  },
  columns: [
    {
      ...nameColumn,
      cell: (storage) =>
        storage.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true'
          ? `${storage.metadata.name} (default)`
          : storage.metadata.name,
    },
    text('Provisioner', path('provisioner')),
    text('ReclaimPolicy', path('reclaimPolicy')),
    text('VolumeBindingMode', path('volumeBindingMode')),
    text('AllowVolumeExpansion', (storage) => storage.allowVolumeExpansion === true),
    ageColumn,
  ],
});

const csiDrivers = define({
  group: 'storage.k8s.io',
  kind: 'CSIDriver',
  type: 'storage.v1.CSIDriver',
  namespaced: false,
  strategy: {
    conditional: true,
    defaults({ spec }) {
      if (!isObject(spec)) return;
      spec.attachRequired ??= true;
      spec.podInfoOnMount ??= false;
      spec.storageCapacity ??= false;
      spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
      spec.volumeLifecycleModes ??= ['Persistent'];
      spec.requiresRepublish ??= false;
      spec.seLinuxMount ??= false;
    },
  },
  columns: [
    nameColumn,
    flagColumn('AttachRequired', (driver) => at(driver, 'spec', 'attachRequired') !== false),
    flagColumn('PodInfoOnMount', (driver) => at(driver, 'spec', 'podInfoOnMount') === true),
    flagColumn('StorageCapacity', (driver) => at(driver, 'spec', 'storageCapacity') === true),
    text('TokenRequests', (driver) => {
      const audiences = asList(at(driver, 'spec', 'tokenRequests')).map((each) => asObject(each).audience);
      return audiences.length === 0 ? '<unset>' : audiences.join(',');
    }),
    flagColumn('RequiresRepublish', (driver) => at(driver, 'spec', 'requiresRepublish') === true),
    text('Modes', (driver) => asList(at(driver, 'spec', 'volumeLifecycleModes')).join(',')),
    ageColumn,
  ],
});

const csiNodes = define({
  group: 'storage.k8s.io',
  kind: 'CSINode',
  type: 'storage.v1.CSINode',
  namespaced: false,
  columns: [nameColumn, integer('Drivers', (node) => asList(at(node, 'spec', 'drivers')).length), ageColumn],
});

/** Whether a volume is attached to a node. Nothing here attaches one; autoscalers watch them before they let a node go. */
const volumeAttachments = define({
  group: 'storage.k8s.io',
  kind: 'VolumeAttachment',
  type: 'storage.v1.VolumeAttachment',
  namespaced: false,
  status: true,
  strategy: {
    // A fresh one is attached to nothing, which its status says in so many words.
    prepareCreate(next) {
      next.status = { attached: false };
    },
    validate({ spec }, causes) {
      const { attacher, nodeName, source } = asObject(spec);
      // An empty attacher is found wrong by three checks in a row (measured on kube-apiserver 1.34.4).
      if (!attacher) for (const _check of [1, 2]) causes.required('spec.attacher');
      for (const problem of dnsSubdomain.problems(String(attacher ?? '')))
        causes.invalid('spec.attacher', attacher ?? '', problem);
      for (const problem of dnsSubdomain.problems(String(nodeName ?? '')))
        causes.invalid('spec.nodeName', nodeName ?? '', problem);
      const { persistentVolumeName, inlineVolumeSpec } = asObject(source);
      if (!persistentVolumeName && inlineVolumeSpec === undefined) {
        causes.required('spec.source', 'must specify exactly one of inlineVolumeSpec and persistentVolumeName');
      }
    },
    validateUpdate(next, live, causes) {
      if (!sameJson(next.spec, live.spec)) causes.invalid('spec', next.spec, 'field is immutable');
    },
  },
  columns: [
    nameColumn,
    text('Attacher', path('spec', 'attacher')),
    text('PV', (attachment) => at(attachment, 'spec', 'source', 'persistentVolumeName') ?? ''),
    text('Node', path('spec', 'nodeName')),
    flagColumn('Attached', (attachment) => at(attachment, 'status', 'attached') === true),
    ageColumn,
  ],
});

function webhookStrategy(mutating: boolean): Strategy {
  return {
    conditional: true,
    generation: (object) => [object.webhooks],
    defaults(object) {
      for (const hook of asList(object.webhooks)) {
        if (!isObject(hook)) continue;
        hook.failurePolicy ??= 'Fail';
        hook.matchPolicy ??= 'Equivalent';
        hook.namespaceSelector ??= {};
        hook.objectSelector ??= {};
        hook.timeoutSeconds ??= 10;
        if (mutating) hook.reinvocationPolicy ??= 'Never';
        for (const rule of asList(hook.rules)) if (isObject(rule)) rule.scope ??= '*';
        const { service } = asObject(hook.clientConfig);
        if (isObject(service)) service.port ??= 443;
      }
    },
    validate: validateWebhooks,
  };
}

function validateWebhooks(object: KubeObject, causes: Causes): void {
  const names = new Set<unknown>();
  asList(object.webhooks).forEach((each, index) => {
    const hook = asObject(each);
    const at = `webhooks[${index}]`;
    if (!hook.name) causes.required(`${at}.name`);
    if (names.has(hook.name)) causes.duplicate(`${at}.name`, hook.name);
    names.add(hook.name);
    if (asList(hook.admissionReviewVersions).length === 0) {
      causes.required(`${at}.admissionReviewVersions`, 'must specify one of v1, v1beta1');
    }
    if (!['None', 'NoneOnDryRun'].includes(String(hook.sideEffects))) {
      causes.notSupported(`${at}.sideEffects`, hook.sideEffects ?? '', ['None', 'NoneOnDryRun']);
    }
    const { url, service } = asObject(hook.clientConfig);
    if ((url === undefined) === (service === undefined)) {
      causes.required(`${at}.clientConfig`, 'exactly one of url or service is required');
    }
  });
}

const webhookColumns = [nameColumn, integer('Webhooks', (object) => asList(object.webhooks).length), ageColumn];
const webhooks = [true, false].map((mutating) =>
  define({
    group: 'admissionregistration.k8s.io',
    kind: mutating ? 'MutatingWebhookConfiguration' : 'ValidatingWebhookConfiguration',
    type: `admissionregistration.v1.${mutating ? 'Mutating' : 'Validating'}WebhookConfiguration`,
    namespaced: false,
    categories: ['api-extensions'],
    strategy: webhookStrategy(mutating),
    columns: webhookColumns,
  }),
);

const specGeneration: Strategy = { generation: (object) => [object.spec] };

const networking = [
  define({
    group: 'networking.k8s.io',
    kind: 'Ingress',
    type: 'networking.v1.Ingress',
    shortNames: ['ing'],
    status: true,
    strategy: {
      ...specGeneration,
      prepareCreate(ingress) {
        ingress.status = { loadBalancer: {} };
      },
    },
    columns: [
      nameColumn,
      text('Class', (ingress) => at(ingress, 'spec', 'ingressClassName') ?? '<none>'),
      text('Hosts', (ingress) => {
        const hosts = asList(at(ingress, 'spec', 'rules')).flatMap((rule) => asObject(rule).host ?? []);
        return hosts.length === 0 ? '*' : hosts.join(',');
      }),
      text('Address', (ingress) =>
        asList(at(ingress, 'status', 'loadBalancer', 'ingress'))
          .map((each) => asObject(each).ip || asObject(each).hostname)
          .join(','),
      ),
      text('Ports', (ingress) => (asList(at(ingress, 'spec', 'tls')).length > 0 ? '80, 443' : '80')),
      ageColumn,
    ],
  }),
  define({
    group: 'networking.k8s.io',
    kind: 'NetworkPolicy',
    type: 'networking.v1.NetworkPolicy',
    shortNames: ['netpol'],
    strategy: {
      ...specGeneration,
      defaults({ spec }) {
        if (!isObject(spec) || spec.policyTypes !== undefined) return;
        spec.policyTypes = asList(spec.egress).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
      },
    },
    columns: [
      nameColumn,
      text('Pod-Selector', (policy) => selectorText(at(policy, 'spec', 'podSelector')) || '<none>'),
      ageColumn,
    ],
  }),
  define({
    group: 'networking.k8s.io',
    kind: 'IngressClass',
    type: 'networking.v1.IngressClass',
    namespaced: false,
    strategy: specGeneration,
    columns: [
      nameColumn,
      text('Controller', path('spec', 'controller')),
      text('Parameters', (ingressClass) => {
        const { kind, apiGroup, name } = asObject(at(ingressClass, 'spec', 'parameters'));
        return name === undefined ? '<none>' : `${kind}${apiGroup ? `.${apiGroup}` : ''}/${name}`;
      }),
      ageColumn,
    ],
  }),
];

const priorityClasses = define({
  group: 'scheduling.k8s.io',
  kind: 'PriorityClass',
  type: 'scheduling.v1.PriorityClass',
  namespaced: false,
  shortNames: ['pc'],
  strategy: {
    generation: (object) => [object.value],
    defaults(object) {
      object.preemptionPolicy ??= 'PreemptLowerPriority';
    },
  },
  columns: [
    nameColumn,
    integer('Value', path('value')),
    flagColumn('Global-Default', (object) => object.globalDefault === true),
    ageColumn,
    text('PreemptionPolicy', path('preemptionPolicy')),
  ],
});

/** The kinds of the smaller API groups. */
export const otherKinds: readonly Resource[] = [
  leases,
  endpointSlices,
  ...rbac,
  podDisruptionBudgets,
  storageClasses,
  csiDrivers,
  csiNodes,
  volumeAttachments,
  ...webhooks,
  ...networking,
  priorityClasses,
];
