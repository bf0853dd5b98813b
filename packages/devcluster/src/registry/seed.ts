import type { KubeObject } from '../objects.js';
import { firstAddress } from './kinds/address-pool.js';
import { timestamp } from './metadata.js';
import type { Registry } from './registry.js';

const namespaces = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

/** Puts in what a fresh cluster has before anybody touches it, where it is missing: four namespaces and the `kubernetes` Service. */
export function seedCluster(registry: Registry): void {
  const { store, identity, clock, serviceCidr } = registry.around;
  const metadata = (name: string, more: object): KubeObject['metadata'] => ({
    name,
    uid: identity.uid(),
    creationTimestamp: timestamp(clock.now()),
    ...more,
  });
  for (const name of namespaces) {
    if (store.get('/namespaces', `/${name}`) !== undefined) continue;
    store.put('/namespaces', `/${name}`, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: metadata(name, { labels: { 'kubernetes.io/metadata.name': name } }),
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
  }
  if (store.get('/services', 'default/kubernetes') !== undefined) return;
  const address = firstAddress(serviceCidr);
  store.put('/services', 'default/kubernetes', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata('kubernetes', {
      namespace: 'default',
      labels: { component: 'apiserver', provider: 'kubernetes' },
    }),
    spec: {
      clusterIP: address,
      clusterIPs: [address],
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
      sessionAffinity: 'None',
      type: 'ClusterIP',
    },
    status: { loadBalancer: {} },
  });
}
