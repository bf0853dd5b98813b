import type { KubeObject } from '../../objects.js';
import { asList, asObject, at, isObject, type JsonObject } from '../../store/json.js';
import type { Causes } from '../causes.js';
import { fieldAt } from '../field-selector.js';
import { dns1035Label } from '../names.js';
import type { Column, Resource, Strategy, Surroundings } from '../resource.js';
import { freeAddress, inRange } from './address-pool.js';
import { ageColumn, nameColumn, pairs, text } from './columns.js';
import { define } from './define.js';
import { checkPort, checkPortOrName, portNameProblems } from './pod-validation.js';

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const firstNodePort = 30000;
const lastNodePort = 32767;

const hasAddress = (spec: JsonObject): boolean => spec.type !== 'ExternalName';

const strategy: Strategy = {
  name: dns1035Label,
  createOnUpdate: true,
  defaults(service) {
    const spec = asObject(service.spec);
    service.spec = spec;
    if (Object.isFrozen(spec)) return;
    spec.type ??= 'ClusterIP';
    spec.sessionAffinity ??= 'None';
    if (hasAddress(spec)) {
      spec.internalTrafficPolicy ??= 'Cluster';
    }
    if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') spec.externalTrafficPolicy ??= 'Cluster';
    if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
    for (const port of asList(spec.ports)) {
      if (!isObject(port)) continue;
      port.protocol ??= 'TCP';
      port.targetPort ??= port.port;
    }
  },
  prepareCreate(service) {
    service.status = { loadBalancer: {} };
  },
  prepareStatus(service) {
    service.status = { loadBalancer: {}, ...asObject(service.status) };
  },
  prepareUpdate(service, live) {
    // The address given out stays with the service when the caller leaves it out.
    const spec = asObject(service.spec);
    const before = asObject(live.spec);
    if (!hasAddress(spec) || !hasAddress(before)) return;
    if (!spec.clusterIP && before.clusterIP) spec.clusterIP = before.clusterIP;
    if (spec.clusterIPs === undefined && spec.clusterIP === before.clusterIP && before.clusterIPs)
      spec.clusterIPs = before.clusterIPs;
    for (const port of asList(spec.ports)) {
      if (!isObject(port) || port.nodePort || spec.type === 'ClusterIP') continue;
      const same = asList(before.ports)
        .map(asObject)
        .find((each) => each.port === port.port && each.protocol === port.protocol);
      if (same?.nodePort) port.nodePort = same.nodePort;
    }
  },
  allocate(service, live, causes, around) {
    const spec = asObject(service.spec);
    if (hasAddress(spec)) {
      giveAddress(service, live, causes, around);
      spec.ipFamilies ??= ['IPv4'];
      spec.ipFamilyPolicy ??= 'SingleStack';
    }
    if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') giveNodePorts(service, causes, around);
  },
  validate(service, causes) {
    const spec = asObject(service.spec);
    if (!types.includes(String(spec.type))) causes.notSupported('spec.type', spec.type, types);
    if (spec.type === 'ExternalName') {
      if (!spec.externalName) causes.required('spec.externalName', 'may not be empty');
    } else if (asList(spec.ports).length === 0 && spec.clusterIP !== 'None') causes.required('spec.ports');
    if (!['None', 'ClientIP'].includes(String(spec.sessionAffinity))) {
      causes.notSupported('spec.sessionAffinity', spec.sessionAffinity, ['ClientIP', 'None']);
    }
    validatePorts(asList(spec.ports), causes);
  },
  validateUpdate(service, live, causes) {
    const next = asObject(service.spec);
    const before = asObject(live.spec);
    if (!hasAddress(next) || !hasAddress(before)) return;
    if (before.clusterIP && next.clusterIP !== before.clusterIP) {
      causes.invalid('spec.clusterIPs[0]', [next.clusterIP ?? ''], 'may not change once set');
    }
  },
};

function validatePorts(ports: readonly unknown[], causes: Causes): void {
  const names = new Set<string>();
  const numbers = new Set<string>();
  ports.forEach((each, index) => {
    const port = asObject(each);
    const path = `spec.ports[${index}]`;
    const name = typeof port.name === 'string' ? port.name : '';
    if (name === '' && ports.length > 1) causes.required(`${path}.name`);
    if (name !== '') {
      for (const problem of dns1035Label.problems(name).length > 0 ? portNameProblems(name) : [])
        causes.invalid(`${path}.name`, name, problem);
      if (names.has(name)) causes.duplicate(`${path}.name`, name);
      names.add(name);
    }
    checkPort(port.port, `${path}.port`, causes);
    if (!['TCP', 'UDP', 'SCTP'].includes(String(port.protocol))) {
      causes.notSupported(`${path}.protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']);
    }
    if (port.targetPort !== undefined && port.targetPort !== 0)
      checkPortOrName(port.targetPort, `${path}.targetPort`, causes);
    const key = `${port.protocol}:${port.port}`;
    if (numbers.has(key)) causes.duplicate(path, { port: port.port, protocol: port.protocol });
    numbers.add(key);
  });
}

function others(around: Surroundings, service: KubeObject): KubeObject[] {
  return around.store
    .list('/services')
    .filter(
      (each) => each.metadata.name !== service.metadata.name || each.metadata.namespace !== service.metadata.namespace,
    );
}

function giveAddress(service: KubeObject, live: KubeObject | undefined, causes: Causes, around: Surroundings): void {
  const spec = asObject(service.spec);
  const asked = spec.clusterIP ?? asList(spec.clusterIPs)[0];
  const before = at(live, 'spec', 'clusterIP');
  if (asked === 'None' || (asked !== undefined && asked === before)) {
    spec.clusterIP = asked;
    spec.clusterIPs ??= [asked];
    return;
  }
  const taken = new Set(others(around, service).map((each) => String(at(each, 'spec', 'clusterIP') ?? '')));
  if (typeof asked === 'string' && asked !== '') {
    if (!inRange(around.serviceCidr, asked)) {
      causes.invalid(
        'spec.clusterIPs',
        [asked],
        `failed to allocate IP ${asked}: the provided IP (${asked}) is not in the valid range. The range of valid IPs is ${around.serviceCidr}`,
      );
    } else if (taken.has(asked)) {
      causes.invalid('spec.clusterIPs', [asked], `failed to allocate IP ${asked}: provided IP is already allocated`);
    }
    spec.clusterIPs = [asked];
    spec.clusterIP = asked;
    return;
  }
  const address = freeAddress(around.serviceCidr, taken);
  if (address === undefined) causes.invalid('spec.clusterIPs', [], 'failed to allocate a serviceIP: range is full');
  spec.clusterIP = address;
  spec.clusterIPs = [address];
}

function giveNodePorts(service: KubeObject, causes: Causes, around: Surroundings): void {
  const taken = new Set<unknown>();
  for (const each of others(around, service)) {
    for (const port of asList(at(each, 'spec', 'ports'))) taken.add(asObject(port).nodePort);
  }
  asList(asObject(service.spec).ports).forEach((port, index) => {
    if (!isObject(port)) return;
    if (port.nodePort) {
      if (taken.has(port.nodePort)) {
        causes.invalid(`spec.ports[${index}].nodePort`, port.nodePort, 'provided port is already allocated');
      } else if (Number(port.nodePort) < firstNodePort || Number(port.nodePort) > lastNodePort) {
        causes.invalid(
          `spec.ports[${index}].nodePort`,
          port.nodePort,
          'provided port is not in the valid range. The range of valid ports is 30000-32767',
        );
      }
      return;
    }
    for (let number = firstNodePort; number <= lastNodePort; number++) {
      if (taken.has(number)) continue;
      taken.add(number);
      port.nodePort = number;
      break;
    }
  });
}

function externalAddress(service: KubeObject): string {
  const spec = asObject(service.spec);
  if (spec.type === 'ExternalName') return String(spec.externalName);
  const given = asList(at(service, 'status', 'loadBalancer', 'ingress')).map(
    (each) => asObject(each).ip ?? asObject(each).hostname,
  );
  const all = [...given, ...asList(spec.externalIPs)];
  if (all.length > 0) return all.join(',');
  return spec.type === 'LoadBalancer' ? '<pending>' : '<none>';
}

function portText(service: KubeObject): string {
  const ports = asList(at(service, 'spec', 'ports')).map((each) => {
    const { port, nodePort, protocol } = asObject(each);
    return nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`;
  });
  return ports.length === 0 ? '<none>' : ports.join(',');
}

const columns: readonly Column[] = [
  nameColumn,
  text('Type', (service) => at(service, 'spec', 'type')),
  text('Cluster-IP', (service) => at(service, 'spec', 'clusterIP') || '<none>'),
  text('External-IP', externalAddress),
  text('Port(s)', portText),
  ageColumn,
  text('Selector', (service) => pairs(at(service, 'spec', 'selector')), 1),
];

/** Services. */
export const services: Resource = define({
  kind: 'Service',
  type: 'core.v1.Service',
  shortNames: ['svc'],
  categories: ['all'],
  status: true,
  strategy,
  columns,
  returnsDeleted: true,
  selectable: { 'spec.clusterIP': fieldAt('spec', 'clusterIP'), 'spec.type': fieldAt('spec', 'type') },
  subresources: [{ name: 'proxy', kind: 'ServiceProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] }],
});
