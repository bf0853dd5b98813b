// Rebuilds src/schema/builtin-types.ts: the names and types of the fields of the built-in kinds.
// Source of the facts: the schema that k8s.io/client-go (Apache-2.0) publishes for its apply configurations.
// Usage: node tools/builtin-types.mjs PATH/TO/k8s.io/client-go@v0.34.4/applyconfigurations/internal/internal.go
import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';

const source = readFileSync(process.argv[2], 'utf8');
const { types } = parse(source.slice(source.indexOf('types:'), source.lastIndexOf('`')));
const byName = new Map(types.map((type) => [type.name, type]));

const roots = {
  'core.v1':
    'Namespace Node Pod Service Endpoints ConfigMap Secret ServiceAccount PersistentVolumeClaim PersistentVolume Event ResourceQuota LimitRange PodTemplate',
  'apps.v1': 'Deployment ReplicaSet StatefulSet DaemonSet ControllerRevision',
  'batch.v1': 'Job CronJob',
  'coordination.v1': 'Lease',
  'discovery.v1': 'EndpointSlice',
  'events.v1': 'Event',
  'rbac.v1': 'Role RoleBinding ClusterRole ClusterRoleBinding',
  'policy.v1': 'PodDisruptionBudget',
  'storage.v1': 'StorageClass CSIDriver CSINode VolumeAttachment',
  'admissionregistration.v1':
    'MutatingWebhookConfiguration ValidatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding',
  'networking.v1': 'Ingress NetworkPolicy IngressClass',
  'scheduling.v1': 'PriorityClass',
  'autoscaling.v1': 'HorizontalPodAutoscaler',
};

const special = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'q',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': 'm',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': 't',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'x',
  'io.k8s.apimachinery.pkg.runtime.RawExtension': '*',
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': '*',
  __untyped_atomic_: '*',
  __untyped_deduced_: '*',
};
const scalars = { string: 's', numeric: 'i', boolean: 'b', untyped: '*' };
const short = (name) => name.replace(/^io\.k8s\.api\./, '').replace(/^io\.k8s\.apimachinery\.pkg\.apis\./, '');

const wanted = new Map();
function spell(type) {
  if (type.namedType) {
    if (special[type.namedType]) return special[type.namedType];
    visit(type.namedType);
    return short(type.namedType) + (type.elementRelationship === 'atomic' ? '!' : '');
  }
  if (type.list && type.map) return '*';
  if (type.list) {
    const { elementType, elementRelationship, keys } = type.list;
    const how = elementRelationship === 'associative' ? (keys ? keys.join('+') : 'set') : '';
    return `[${how}]${spell(elementType)}`;
  }
  if (type.map) return `{${type.map.elementRelationship === 'atomic' ? '!' : ''}}${spell(type.map.elementType)}`;
  return scalars[type.scalar];
}
function visit(name) {
  if (wanted.has(name)) return;
  wanted.set(name, '');
  const type = byName.get(name);
  if (!type) throw new Error(`no type ${name}`);
  if (!type.map?.fields) {
    wanted.set(name, type.map ? `= ${spell(type)}` : '');
    return;
  }
  const fields = type.map.fields.map((field) => `${field.name} ${spell(field.type)}${isStruct(field) ? '~' : ''}`);
  wanted.set(name, `${type.map.elementRelationship === 'atomic' ? '! ' : ''}${fields.join('; ')}`);
}
for (const [group, kinds] of Object.entries(roots))
  for (const kind of kinds.split(' ')) visit(`io.k8s.api.${group}.${kind}`);

// A struct without a pointer is there even when nobody set it.
function isStruct({ default: fallback }) {
  return typeof fallback === 'object' && fallback !== null;
}

const lines = [...wanted].map(([name, text]) => `${short(name)}: ${text}`).sort();
writeFileSync(
  new URL('../src/schema/builtin-types.ts', import.meta.url),
  `/**
 * Names, types and list keys of the fields of the built-in kinds in Kubernetes 1.34, one type a line. Facts from the schema that
 * k8s.io/client-go v0.34.4 publishes; made by tools/builtin-types.mjs, do not edit.
 *
 * \`s\` string, \`i\` integer, \`b\` boolean, \`q\` quantity, \`x\` int or string, \`t\` time, \`m\` time with microseconds, \`*\` anything;
 * \`[]T\` atomic list, \`[set]T\` set, \`[a+b]T\` list keyed by a and b, \`{}T\` map, \`!\` atomic, \`~\` a struct that is always there.
 */
export const builtinTypes = \`
${lines.join('\n')}
\`;
`,
);
