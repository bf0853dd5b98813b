import { kinds, type Service } from '../kinds.js';
import type { KubeObject } from '../objects.js';
import { type Controller, type ControllerContext, splitKey } from './controller.js';
import { serviceSources } from './endpoints.js';
import { same } from './fingerprint.js';
import { controllerReference } from './ownership.js';
import { type EndpointGroup, endpointGroups, targetRef } from './service-endpoints.js';

const serviceLabel = 'kubernetes.io/service-name';
const managedBy = 'endpointslice.kubernetes.io/managed-by';
const self = 'endpointslice-controller.k8s.io';

/**
 * Keeps the EndpointSlices of each Service with a selector (kube-controller-manager's endpointslice controller). One slice
 * a set of ports, however many pods; the real one begins another slice after 100.
 */
export function endpointSlicesController({ view }: ControllerContext): Controller {
  const slicesOf = view.mirror(kinds.endpointSlices).index('service', ({ metadata }) => {
    const service = metadata.labels?.[serviceLabel];
    return service === undefined ? [] : [`${metadata.namespace}/${service}`];
  });
  return {
    name: 'endpointslices',
    sources: serviceSources(view, kinds.endpointSlices),
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const service = view.mirror(kinds.services).get(namespace, name);
      // Slices are owned by the Service: the garbage collector removes them.
      if (service?.spec?.selector === undefined || service.metadata.deletionTimestamp !== undefined) return undefined;
      const existing = slicesOf(`${namespace}/${name}`).filter(({ metadata }) => metadata.labels?.[managedBy] === self);
      const groups = endpointGroups(service, view);
      const wanted = (groups.length === 0 ? [{ ports: [], members: [] }] : groups).map((group) =>
        sliceOf(service, group),
      );
      const spare = [...existing];
      const unmatched = wanted.filter((slice) => {
        const match = spare.findIndex(
          (one) => same(one.ports ?? [], slice.ports) && same(one.endpoints ?? [], slice.endpoints),
        );
        if (match !== -1) spare.splice(match, 1);
        return match === -1;
      });
      for (const slice of unmatched) {
        const reused = spare.shift();
        if (reused === undefined) await view.create(kinds.endpointSlices, blank(service, slice));
        else await view.merge(kinds.endpointSlices, reused, slice);
      }
      for (const slice of spare) await view.delete(kinds.endpointSlices, slice);
      return undefined;
    },
  };
}

interface Slice {
  readonly ports: readonly object[];
  readonly endpoints: readonly object[];
}

function sliceOf(service: Service, { ports, members }: EndpointGroup): Slice {
  const publish = service.spec?.publishNotReadyAddresses === true;
  return {
    ports: ports.map((port) => ({ name: '', ...port })),
    endpoints: members.map(({ pod, ip, ready, terminating }) => ({
      addresses: [ip],
      conditions: { ready: publish || (ready && !terminating), serving: ready, terminating },
      ...(pod.spec.hostname !== undefined && pod.spec.subdomain === service.metadata.name
        ? { hostname: pod.spec.hostname }
        : {}),
      ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
      targetRef: targetRef(pod),
    })),
  };
}

function blank(service: Service, slice: Slice): KubeObject {
  const generated = { generateName: `${service.metadata.name}-` } as { name: string; generateName: string };
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      ...generated,
      namespace: service.metadata.namespace ?? 'default',
      labels: {
        ...service.metadata.labels,
        [serviceLabel]: service.metadata.name,
        [managedBy]: self,
        ...(service.spec?.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {}),
      },
      ownerReferences: [controllerReference(kinds.services, service)],
    },
    addressType: 'IPv4',
    ...slice,
  };
}
