// Rebuilds src/schema/wire-types.ts: how the fields of the built-in kinds are numbered in protobuf, and which integers have 64 bits.
// Source of the facts: the tags of the Go types that k8s.io/api, k8s.io/apimachinery and k8s.io/apiextensions-apiserver (Apache-2.0) publish.
// Usage: node tools/wire-types.mjs GOMODCACHE/k8s.io 0.34.4
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [modules, version] = process.argv.slice(2);
const packages = {
  'meta.v1': `apimachinery@v${version}/pkg/apis/meta/v1`,
  'apiextensions.v1': `apiextensions-apiserver@v${version}/pkg/apis/apiextensions/v1`,
};
for (const group of 'core apps batch coordination discovery events rbac policy storage admissionregistration networking scheduling autoscaling authentication authorization'.split(
  ' ',
)) {
  packages[`${group}.v1`] = `api@v${version}/${group}/v1`;
}
const roots = {
  'core.v1':
    'Namespace Node Pod Service Endpoints ConfigMap Secret ServiceAccount PersistentVolumeClaim PersistentVolume Event ResourceQuota LimitRange PodTemplate Binding',
  'apps.v1': 'Deployment ReplicaSet StatefulSet DaemonSet ControllerRevision',
  'batch.v1': 'Job CronJob',
  'coordination.v1': 'Lease',
  'discovery.v1': 'EndpointSlice',
  'events.v1': 'Event',
  'rbac.v1': 'Role RoleBinding ClusterRole ClusterRoleBinding',
  'policy.v1': 'PodDisruptionBudget Eviction',
  'storage.v1': 'StorageClass CSIDriver CSINode VolumeAttachment',
  'admissionregistration.v1':
    'MutatingWebhookConfiguration ValidatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding',
  'networking.v1': 'Ingress NetworkPolicy IngressClass',
  'scheduling.v1': 'PriorityClass',
  'autoscaling.v1': 'HorizontalPodAutoscaler Scale',
  'authentication.v1': 'TokenRequest TokenReview SelfSubjectReview',
  'authorization.v1': 'SelfSubjectAccessReview SubjectAccessReview LocalSubjectAccessReview SelfSubjectRulesReview',
  'meta.v1': 'DeleteOptions',
  'apiextensions.v1': 'CustomResourceDefinition',
};

const source = Object.fromEntries(
  Object.entries(packages).map(([name, folder]) => {
    const files = ['types.go', ...(name === 'apiextensions.v1' ? ['types_jsonschema.go'] : [])];
    return [name, files.map((file) => readFileSync(join(modules, folder, file), 'utf8')).join('\n')];
  }),
);

const special = {
  'resource.Quantity': 'q',
  'meta.v1.Time': 't',
  'meta.v1.MicroTime': 'm',
  'meta.v1.FieldsV1': 'r',
  'intstr.IntOrString': 'x',
  'runtime.RawExtension': 'r',
  'apiextensions.v1.JSON': 'r',
  'apiextensions.v1.JSONSchemaPropsOrArray': 'A',
  'apiextensions.v1.JSONSchemaPropsOrBool': 'B',
  'apiextensions.v1.ValidationRules': '[]apiextensions.v1.ValidationRule',
};
const scalars = {
  string: 's',
  bool: 'b',
  int32: 'i',
  int64: 'l',
  int: 'l',
  uint32: 'i',
  float64: 'd',
  'types.UID': 's',
  'types.NodeName': 's',
  '[]byte': 'y',
};

const wanted = new Map();

/** The full name of a Go type as it is written inside a package. */
function full(type, home) {
  if (type.startsWith('apiextensions.v1.')) return type;
  const [, alias, name] = /^(?:(\w+)\.)?(\w+)$/.exec(type) ?? [];
  if (name === undefined) throw new Error(`cannot read the type ${type} in ${home}`);
  if (alias === undefined) return `${home}.${name}`;
  if (alias === 'metav1') return `meta.v1.${name}`;
  if (alias === 'v1' || alias === 'corev1' || alias === 'apiv1') return `core.v1.${name}`;
  return `${alias}.${name}`;
}

function spell(type, home) {
  if (scalars[type]) return scalars[type];
  if (type.startsWith('*')) return spell(type.slice(1), home);
  if (type.startsWith('[]')) return `[]${spell(type.slice(2), home)}`;
  const map = /^map\[[\w.]+\](.+)$/.exec(type);
  if (map) return `{}${spell(map[1], home)}`;
  const name = full(type, home);
  if (special[name]) {
    if (special[name].startsWith('[]')) spell(special[name], home);
    return special[name];
  }
  const [, group, short] = /^(.+)\.(\w+)$/.exec(name);
  const text = source[group];
  if (text === undefined) throw new Error(`no package for ${name}, used in ${home}`);
  const alias =
    new RegExp(`^type ${short} (?!struct)(\\S+)`, 'm').exec(text) ??
    new RegExp(`^\\t${short} = (\\S+)`, 'm').exec(text);
  if (alias) {
    // A named list has a message of its own around it.
    if (alias[1].startsWith('[]')) return `L${spell(alias[1].slice(2), group)}`;
    return spell(alias[1], group);
  }
  visit(name, group, short);
  return name;
}

function visit(name, group, short) {
  if (wanted.has(name)) return;
  wanted.set(name, '');
  const body = new RegExp(`^type ${short} struct ?\\{(?:\\}|\\n([\\s\\S]*?)\\n\\})`, 'm').exec(source[group]);
  if (body === null) throw new Error(`no struct ${name}`);
  const fields = [];
  for (const line of (body[1] ?? '').split('\n')) {
    const found = /^\t(?:\w+\s+)?([\w.*[\]]+)\s+`(.*)`/.exec(line);
    const json = /\bjson:"([^"]*)"/.exec(found?.[2] ?? '')?.[1];
    const wire = /\bprotobuf:"([^"]*)"/.exec(found?.[2] ?? '')?.[1];
    if (json === undefined || wire === undefined) continue;
    const [, type] = found;
    const [key, ...options] = json.split(',');
    const [, number] = wire.split(',');
    const inline = options.includes('inline');
    const kept = type.startsWith('*') || !options.includes('omitempty');
    fields.push(`${number} ${inline ? '^' : key}${kept && !inline ? '!' : ''} ${spell(type, group)}`);
  }
  wanted.set(name, fields.join('; '));
}

for (const [group, kinds] of Object.entries(roots))
  for (const kind of kinds.split(' ')) visit(`${group}.${kind}`, group, kind);

const lines = [...wanted].map(([name, text]) => `${name}: ${text}`).sort();
writeFileSync(
  new URL('../src/schema/wire-types.ts', import.meta.url),
  `/**
 * Numbers and types of the fields of the built-in kinds in protobuf, in Kubernetes ${version.replace(/^0/, '1')}, one message a line. Facts from the tags
 * of the published Go types of k8s.io/api, k8s.io/apimachinery and k8s.io/apiextensions-apiserver; made by tools/wire-types.mjs, do not edit.
 *
 * \`s\` string, \`b\` boolean, \`i\` int32, \`l\` int64, \`d\` double, \`y\` bytes, \`q\` quantity, \`x\` int or string, \`t\` time, \`m\` time with
 * microseconds, \`r\` JSON as bytes, \`A\` a schema or a list of them, \`B\` a schema or a boolean; \`[]T\` repeated, \`L\` a list in a message of its own,
 * \`{}T\` map of strings. \`^\` in place of a name: its fields stand in the object around it. \`!\`: zero is a value and not the absence of one.
 */
export const wireTypes = \`
${lines.join('\n')}
\`;
`,
);
