import type { ClusterView } from './controllers/cluster-view.js';
import { isReady } from './controllers/pods.js';
import { endpointGroups, targetPortOn } from './controllers/service-endpoints.js';
import { kinds } from './kinds.js';

/** A pod behind a Service and the port on it. */
export interface ServiceTarget {
  readonly pod: string;
  readonly port: number;
}

/** The ready pods behind one port (number or name) of a Service, in the order of their names. @throws when the Service has no such port. */
export function serviceTargets(
  view: ClusterView,
  namespace: string,
  service: string,
  port: number | string,
): ServiceTarget[] {
  const found = view.mirror(kinds.services).get(namespace, service);
  if (found === undefined) throw new Error(`there is no Service ${service} in namespace ${namespace}`);
  const ports = found.spec?.ports ?? [];
  const wanted = ports.find((one) => one.port === port || one.name === port);
  if (wanted === undefined) {
    const has = ports.map((one) => `${one.port}${one.name === undefined ? '' : ` (${one.name})`}`).join(', ') || 'none';
    throw new Error(`Service ${namespace}/${service} has no port ${port}; its ports are: ${has}`);
  }
  return endpointGroups(found, view)
    .flatMap(({ members }) => members)
    .filter(({ pod, terminating }) => isReady(pod) && !terminating)
    .flatMap(({ pod }) => {
      const target = targetPortOn(pod, wanted.targetPort ?? wanted.port, wanted.protocol);
      return target === undefined ? [] : [{ pod: pod.metadata.name, port: target }];
    });
}
