import { quantityValue } from '../../schema/quantity.js';
import { asList, asObject, isObject, type JsonObject } from '../../store/json.js';
import type { Causes } from '../causes.js';
import { dnsLabel, dnsSubdomain, labelValue, qualifiedName } from '../names.js';

const restartPolicies = ['Always', 'OnFailure', 'Never'];
const pullPolicies = ['Always', 'IfNotPresent', 'Never'];
const protocols = ['TCP', 'UDP', 'SCTP'];
const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const nativeResources = new Set(['cpu', 'memory', 'ephemeral-storage', 'storage']);

/** What of a pod spec is checked: names, images, ports, volumes and their mounts, probes, resources. `path` is where the spec stands. */
export function validatePodSpec(spec: JsonObject, path: string, causes: Causes): void {
  const volumes = new Set<string>();
  asList(spec.volumes).forEach((each, index) => {
    const volume = asObject(each);
    const at = `${path}.volumes[${index}]`;
    const name = typeof volume.name === 'string' ? volume.name : '';
    checkName(name, `${at}.name`, volumes, causes);
    const sources = Object.keys(volume)
      .filter((key) => key !== 'name')
      .sort((a, b) => rank(a) - rank(b));
    if (sources.length > 1) causes.forbidden(`${at}.${sources[1]}`, 'may not specify more than 1 volume type');
  });
  const names = new Set<string>();
  if (asList(spec.containers).length === 0) causes.required(`${path}.containers`);
  for (const list of ['initContainers', 'containers']) {
    asList(spec[list]).forEach((each, index) => {
      validateContainer(asObject(each), `${path}.${list}[${index}]`, names, volumes, causes);
    });
  }
  oneOf(spec.restartPolicy, restartPolicies, `${path}.restartPolicy`, causes);
  oneOf(spec.dnsPolicy, dnsPolicies, `${path}.dnsPolicy`, causes);
  const grace = spec.terminationGracePeriodSeconds;
  if (typeof grace === 'number' && grace < 0)
    causes.invalid(`${path}.terminationGracePeriodSeconds`, grace, notNegative);
  const deadline = spec.activeDeadlineSeconds;
  if (typeof deadline === 'number' && deadline < 1) {
    causes.invalid(`${path}.activeDeadlineSeconds`, deadline, 'must be between 1 and 2147483647, inclusive');
  }
  for (const [key, value] of Object.entries(asObject(spec.nodeSelector))) {
    for (const problem of qualifiedName.problems(key)) causes.invalid(`${path}.nodeSelector`, key, problem);
    for (const problem of labelValue.problems(String(value))) causes.invalid(`${path}.nodeSelector`, value, problem);
  }
  asList(spec.tolerations).forEach((each, index) => {
    const { operator, value, effect, key } = asObject(each);
    const at = `${path}.tolerations[${index}]`;
    if (operator === 'Exists' && value)
      causes.invalid(`${at}.operator`, each, "value must be empty when `operator` is 'Exists'");
    else if (operator && operator !== 'Exists' && operator !== 'Equal')
      causes.notSupported(`${at}.operator`, operator, ['Equal', 'Exists']);
    if (!key && operator !== 'Exists')
      causes.invalid(
        `${at}.operator`,
        operator ?? '',
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      );
    if (effect) oneOf(effect, ['NoSchedule', 'PreferNoSchedule', 'NoExecute'], `${at}.effect`, causes);
  });
  if (spec.serviceAccountName !== undefined) {
    for (const problem of dnsSubdomain.problems(String(spec.serviceAccountName))) {
      causes.invalid(`${path}.serviceAccountName`, spec.serviceAccountName, problem);
    }
  }
}

const notNegative = 'must be greater than or equal to 0';

function validateContainer(
  container: JsonObject,
  path: string,
  names: Set<string>,
  volumes: Set<string>,
  causes: Causes,
): void {
  checkName(typeof container.name === 'string' ? container.name : '', `${path}.name`, names, causes);
  const { image } = container;
  if (typeof image !== 'string' || image === '') causes.required(`${path}.image`);
  else if (image !== image.trim())
    causes.invalid(`${path}.image`, image, 'must not have leading or trailing whitespace');
  oneOf(container.imagePullPolicy, pullPolicies, `${path}.imagePullPolicy`, causes);
  const portNames = new Set<string>();
  asList(container.ports).forEach((each, index) => {
    const port = asObject(each);
    const at = `${path}.ports[${index}]`;
    if (!port.containerPort) causes.required(`${at}.containerPort`);
    else checkPort(port.containerPort, `${at}.containerPort`, causes);
    if (port.hostPort) checkPort(port.hostPort, `${at}.hostPort`, causes);
    oneOf(port.protocol, protocols, `${at}.protocol`, causes);
    if (typeof port.name === 'string' && port.name !== '') {
      for (const problem of portNameProblems(port.name)) causes.invalid(`${at}.name`, port.name, problem);
      if (portNames.has(port.name)) causes.duplicate(`${at}.name`, port.name);
      portNames.add(port.name);
    }
  });
  asList(container.env).forEach((each, index) => {
    const { name, value, valueFrom } = asObject(each);
    if (!name) causes.required(`${path}.env[${index}].name`);
    if (value && valueFrom) {
      causes.invalid(`${path}.env[${index}].valueFrom`, '', 'may not be specified when `value` is not empty');
    }
  });
  const paths = new Set<string>();
  asList(container.volumeMounts).forEach((each, index) => {
    const mount = asObject(each);
    const at = `${path}.volumeMounts[${index}]`;
    if (!mount.name) causes.required(`${at}.name`);
    else if (!volumes.has(String(mount.name))) causes.notFound(`${at}.name`, mount.name);
    if (!mount.mountPath) causes.required(`${at}.mountPath`);
    else if (paths.has(String(mount.mountPath))) causes.invalid(`${at}.mountPath`, mount.mountPath, 'must be unique');
    paths.add(String(mount.mountPath));
  });
  for (const kind of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = container[kind];
    if (isObject(probe)) validateProbe(probe, `${path}.${kind}`, kind !== 'readinessProbe', causes);
  }
  validateResources(asObject(container.resources), `${path}.resources`, causes);
}

function validateProbe(probe: JsonObject, path: string, onceOnly: boolean, causes: Causes): void {
  const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc'].filter((key) => probe[key] !== undefined);
  if (handlers.length === 0) causes.required(path, 'must specify a handler type');
  if (handlers.length > 1) causes.forbidden(`${path}.${handlers[1]}`, 'may not specify more than 1 handler type');
  for (const key of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ]) {
    const value = probe[key];
    if (typeof value === 'number' && value < 0) causes.invalid(`${path}.${key}`, value, notNegative);
  }
  if (onceOnly && probe.successThreshold !== undefined && probe.successThreshold !== 1) {
    causes.invalid(`${path}.successThreshold`, probe.successThreshold, 'must be 1');
  }
  const http = asObject(probe.httpGet);
  if (probe.httpGet !== undefined) checkPortOrName(http.port, `${path}.httpGet.port`, causes);
  if (probe.tcpSocket !== undefined) checkPortOrName(asObject(probe.tcpSocket).port, `${path}.tcpSocket.port`, causes);
}

function validateResources(resources: JsonObject, path: string, causes: Causes): void {
  const limits = asObject(resources.limits);
  const requests = asObject(resources.requests);
  for (const [list, values] of [
    ['limits', limits],
    ['requests', requests],
  ] as const) {
    for (const [name, quantity] of Object.entries(values)) {
      if (quantityValue(String(quantity)) < 0) causes.invalid(`${path}.${list}[${name}]`, quantity, notNegative);
      if (!nativeResources.has(name) && !name.includes('/') && !name.startsWith('hugepages-')) {
        causes.invalid(`${path}.${list}[${name}]`, name, 'must be a standard resource type or fully qualified');
      }
    }
  }
  for (const [name, quantity] of Object.entries(requests)) {
    const limit = limits[name];
    if (limit === undefined) continue;
    if (name.includes('/') && quantityValue(String(quantity)) !== quantityValue(String(limit))) {
      causes.invalid(`${path}.requests`, quantity, `must be equal to ${name} limit of ${limit}`);
    } else if (quantityValue(String(quantity)) > quantityValue(String(limit))) {
      causes.invalid(`${path}.requests`, quantity, `must be less than or equal to ${name} limit of ${limit}`);
    }
  }
}

function checkName(name: string, path: string, seen: Set<string>, causes: Causes): void {
  if (name === '') causes.required(path);
  else {
    for (const problem of dnsLabel.problems(name)) causes.invalid(path, name, problem);
    if (seen.has(name)) causes.duplicate(path, name);
    seen.add(name);
  }
}

function oneOf(value: unknown, allowed: readonly string[], path: string, causes: Causes): void {
  if (value !== undefined && !allowed.includes(String(value))) causes.notSupported(path, value, allowed);
}

/** A port number from 1 to 65535. */
export function checkPort(value: unknown, path: string, causes: Causes): void {
  if (typeof value !== 'number' || value < 1 || value > 65535) {
    causes.invalid(path, value ?? 0, 'must be between 1 and 65535, inclusive');
  }
}

/** A port number, or the name of one. */
export function checkPortOrName(value: unknown, path: string, causes: Causes): void {
  if (typeof value !== 'string') checkPort(value, path, causes);
  else for (const problem of portNameProblems(value)) causes.invalid(path, value, problem);
}

/** The faults of an IANA service name: at most 15 characters, lower case, a letter among them. */
export function portNameProblems(name: string): string[] {
  const found: string[] = [];
  if (name.length > 15) found.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/.test(name)) found.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(name)) found.push('must contain at least one letter (a-z)');
  if (name.includes('--')) found.push('must not contain consecutive hyphens');
  if (name.startsWith('-') || name.endsWith('-')) found.push('must not begin or end with a hyphen');
  return found;
}

/** The order in which the real server looks at the sources of a volume: the second one it meets is the one too many. */
const sourceOrder = [
  'emptyDir',
  'hostPath',
  'gitRepo',
  'secret',
  'nfs',
  'persistentVolumeClaim',
  'downwardAPI',
  'configMap',
];

function rank(source: string): number {
  const at = sourceOrder.indexOf(source);
  return at < 0 ? sourceOrder.length : at;
}
