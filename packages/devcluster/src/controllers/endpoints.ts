import { kinds, type Service } from '../kinds.js';
import type { KubeObject } from '../objects.js';
import type { ClusterView } from './cluster-view.js';
import { type Controller, type ControllerContext, keyOf, type Source, source, splitKey } from './controller.js';
import { same } from './fingerprint.js';
import { type EndpointMember, endpointGroups, servicesOf, targetRef } from './service-endpoints.js';

/** Keeps the Endpoints of each Service with a selector (kube-controller-manager's endpoints controller). */
export function endpointsController({ view }: ControllerContext): Controller {
  return {
    name: 'endpoints',
    sources: serviceSources(view, kinds.endpoints),
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const service = view.mirror(kinds.services).get(namespace, name);
      const existing = view.mirror(kinds.endpoints).get(namespace, name);
      if (service === undefined) {
        // Endpoints have no owner reference; they share the Service's name and go with it.
        if (existing !== undefined) await view.delete(kinds.endpoints, existing);
        return undefined;
      }
      if (service.spec?.selector === undefined || service.metadata.deletionTimestamp !== undefined) return undefined;
      const subsets = subsetsOf(service, view);
      const labels = {
        ...service.metadata.labels,
        'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
        ...(service.spec.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {}),
      };
      if (existing === undefined) {
        await view.create(kinds.endpoints, {
          apiVersion: 'v1',
          kind: 'Endpoints',
          metadata: { name, namespace: namespace ?? 'default', labels },
          ...(subsets.length === 0 ? {} : { subsets }),
        });
      } else if (!same(existing.subsets ?? [], subsets) || !same(existing.metadata.labels, labels)) {
        const gone = Object.keys(existing.metadata.labels ?? {}).filter((label) => !(label in labels));
        const patch = { ...Object.fromEntries(gone.map((label) => [label, null])), ...labels };
        await view.merge(kinds.endpoints, existing, {
          metadata: { labels: patch },
          subsets: subsets.length === 0 ? null : subsets,
        });
      }
      return undefined;
    },
  };
}

function subsetsOf(service: Service, view: ClusterView): object[] {
  const publish = service.spec?.publishNotReadyAddresses === true;
  return endpointGroups(service, view).flatMap(({ ports, members }) => {
    const shown = members.filter(({ terminating }) => publish || !terminating);
    const isIn = ({ ready }: EndpointMember) => publish || ready;
    const addresses = shown.filter(isIn).map(addressOf);
    const notReadyAddresses = shown.filter((member) => !isIn(member)).map(addressOf);
    if (addresses.length === 0 && notReadyAddresses.length === 0) return [];
    return [
      {
        ...(addresses.length === 0 ? {} : { addresses }),
        ...(notReadyAddresses.length === 0 ? {} : { notReadyAddresses }),
        ...(ports.length === 0 ? {} : { ports }),
      },
    ];
  });

  function addressOf({ pod, ip }: EndpointMember): object {
    const named = pod.spec.hostname !== undefined && pod.spec.subdomain === service.metadata.name;
    return {
      ip,
      ...(named ? { hostname: pod.spec.hostname } : {}),
      ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
      targetRef: targetRef(pod),
    };
  }
}

/** Wakes up a Service by its own changes, by those of the pods it picks or picked, and by those of what it made. */
export function serviceSources(view: ClusterView, made: typeof kinds.endpoints): Source[] {
  const keysOf = (pod: KubeObject | undefined) => (pod === undefined ? [] : servicesOf(pod, view).map(keyOf));
  return [
    source(kinds.services, ({ object }) => [keyOf(object)]),
    source(kinds.pods, ({ object, previous }) => [...keysOf(object), ...keysOf(previous)]),
    source(made, ({ object }) => [
      `${object.metadata.namespace ?? ''}/${object.metadata.labels?.['kubernetes.io/service-name'] ?? object.metadata.name}`,
    ]),
  ];
}
