import { kinds, type Pod, type Service } from '../kinds.js';
import type { KubeObject } from '../objects.js';
import type { ClusterView } from './cluster-view.js';
import { isFinished, isReady } from './pods.js';
import { selects } from './selector.js';

/** One port of a Service as it is on a pod. */
export interface EndpointPort {
  readonly name?: string;
  readonly port: number;
  readonly protocol: string;
  readonly appProtocol?: string;
}

/** Pods of a Service that answer on the same ports. */
export interface EndpointGroup {
  readonly ports: readonly EndpointPort[];
  readonly members: readonly EndpointMember[];
}
export interface EndpointMember {
  readonly pod: Pod;
  readonly ip: string;
  readonly ready: boolean;
  readonly terminating: boolean;
}

/**
 * The pods behind a Service, in the order of their names, grouped by what their named ports mean. `ready` is what the
 * pod says of itself; `publishNotReadyAddresses` is for the caller to apply.
 */
export function endpointGroups(service: Service, view: ClusterView): EndpointGroup[] {
  const groups = new Map<string, { ports: EndpointPort[]; members: EndpointMember[] }>();
  for (const pod of podsBehind(service, view).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) {
    const ip = pod.status?.podIP;
    if (ip === undefined || isFinished(pod)) continue;
    const ports = portsOn(service, pod);
    if (ports.length === 0 && (service.spec?.ports ?? []).length > 0) continue;
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, members: [] };
    groups.set(key, group);
    group.members.push({
      pod,
      ip,
      ready: isReady(pod),
      terminating: pod.metadata.deletionTimestamp !== undefined,
    });
  }
  return [...groups.values()];
}

function podsBehind(service: Service, view: ClusterView): Pod[] {
  const [first] = selectorPairs(service);
  if (first === undefined) return [];
  const byLabel = view.mirror(kinds.pods).index('label', labelPairs);
  return byLabel(first).filter((pod) => selects({ matchLabels: service.spec?.selector ?? {} }, pod.metadata.labels));
}

/** The Services that pick a pod with these labels. */
export function servicesOf(pod: KubeObject, view: ClusterView): Service[] {
  const byFirst = view.mirror(kinds.services).index('selector', (service) => selectorPairs(service).slice(0, 1));
  return labelPairs(pod)
    .flatMap((pair) => byFirst(pair))
    .filter(({ spec }) => selects({ matchLabels: spec?.selector ?? {} }, pod.metadata.labels));
}

function selectorPairs({ metadata, spec }: Service): string[] {
  return Object.entries(spec?.selector ?? {}).map(([key, value]) => `${metadata.namespace}/${key}=${value}`);
}

function labelPairs({ metadata }: KubeObject): string[] {
  return Object.entries(metadata.labels ?? {}).map(([key, value]) => `${metadata.namespace}/${key}=${value}`);
}

function portsOn(service: Service, pod: Pod): EndpointPort[] {
  const ports: EndpointPort[] = [];
  for (const { name, port, targetPort, protocol = 'TCP', appProtocol } of service.spec?.ports ?? []) {
    const number = targetPortOn(pod, targetPort ?? port, protocol);
    if (number === undefined) continue;
    ports.push({
      ...(name === undefined ? {} : { name }),
      port: number,
      protocol,
      ...(appProtocol === undefined ? {} : { appProtocol }),
    });
  }
  return ports;
}

/** The port number that a Service's `targetPort` means on this pod; undefined when the pod has no port of that name. */
export function targetPortOn(pod: Pod, targetPort: number | string, protocol = 'TCP'): number | undefined {
  if (typeof targetPort === 'number') return targetPort;
  if (/^\d+$/.test(targetPort)) return Number(targetPort);
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
    const found = container.ports?.find((port) => port.name === targetPort && (port.protocol ?? 'TCP') === protocol);
    if (found !== undefined) return found.containerPort;
  }
  return undefined;
}

/** How both endpoint APIs point at a pod. */
export function targetRef(pod: Pod): { kind: string; namespace: string; name: string; uid: string } {
  return {
    kind: 'Pod',
    namespace: pod.metadata.namespace ?? 'default',
    name: pod.metadata.name,
    uid: pod.metadata.uid ?? '',
  };
}
