// The cloud and the kubelets of the scale bench, in a process of its own: a NodeClaim becomes a Node with GPUs at once, and a
// Deployment or StatefulSet becomes ready at once. It plays for both operators. Prints one line when it watches.
import { readFileSync } from 'node:fs';
import {
  Controller,
  DEPLOYMENTS,
  done,
  HttpsTransport,
  isAlreadyExists,
  NODES,
  Operator,
  registerKind,
  STATEFUL_SETS,
  systemClock,
} from '@kaito-sdk/core';

const NODE_CLAIMS = registerKind({
  group: 'karpenter.sh',
  version: 'v1',
  kind: 'NodeClaim',
  plural: 'nodeclaims',
  namespaced: false,
});

const { SERVER: server, TOKEN: token, CA_FILE: caFile } = process.env;
const credentials = { headers: { authorization: `Bearer ${token}` }, tls: { ca: readFileSync(caFile, 'utf8') } };
const transport = new HttpsTransport({
  access: { server, credentials: async () => credentials },
  clock: systemClock,
  userAgent: 'sim-cloud',
});
const operator = new Operator({ transport, clock: systemClock, random: Math.random, name: 'sim-cloud' });
const { client, cache } = operator;
const now = () => `${new Date().toISOString().slice(0, 19)}Z`;
const condition = (type) => ({ type, status: 'True', reason: type, message: '', lastTransitionTime: now() });

const capacity = { cpu: '24', memory: '220Gi', pods: '110', 'ephemeral-storage': '1000Gi', 'nvidia.com/gpu': '1' };

async function launch({ metadata, spec }) {
  const { name } = metadata;
  const wanted = spec.requirements.filter(({ operator: how, values }) => how === 'In' && values?.length === 1);
  const labels = {
    ...Object.fromEntries(wanted.map(({ key, values }) => [key, values[0]])),
    ...metadata.labels,
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    accelerator: 'nvidia',
  };
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec: { providerID: `sim:///${name}` } };
  await client.create(NODES, node).catch((error) => {
    if (!isAlreadyExists(error)) throw error;
  });
  const ready = { ...condition('Ready'), reason: 'KubeletReady', lastHeartbeatTime: now() };
  const state = { status: { capacity, allocatable: capacity, conditions: [ready] } };
  await client.merge(NODES, undefined, name, state, { subresource: 'status' });
  const conditions = ['Launched', 'Registered', 'Initialized', 'Ready'].map(condition);
  const claim = {
    nodeName: name,
    providerID: `sim:///${name}`,
    imageID: 'sim',
    capacity,
    allocatable: capacity,
    conditions,
  };
  await client.merge(NODE_CLAIMS, undefined, name, { status: claim }, { subresource: 'status' });
}

async function ready(resource, { metadata, spec }) {
  const count = spec.replicas ?? 1;
  const common = {
    observedGeneration: metadata.generation,
    replicas: count,
    readyReplicas: count,
    availableReplicas: count,
  };
  const status =
    resource === DEPLOYMENTS
      ? { ...common, updatedReplicas: count, conditions: ['Available', 'Progressing'].map(condition) }
      : { ...common, updatedReplicas: count, currentReplicas: count, currentRevision: 'r', updateRevision: 'r' };
  await client.merge(resource, metadata.namespace, metadata.name, { status }, { subresource: 'status' });
}

const claims = cache.informer(NODE_CLAIMS);
operator.add(
  new Controller({
    name: 'machines',
    resource: NODE_CLAIMS,
    concurrency: 16,
    reconcile: async ({ name }) => {
      const claim = claims.get(undefined, name);
      if (claim !== undefined && claim.status?.nodeName === undefined) await launch(claim);
      return done;
    },
  }),
);
for (const resource of [DEPLOYMENTS, STATEFUL_SETS]) {
  const workloads = cache.informer(resource);
  operator.add(
    new Controller({
      name: resource.plural,
      resource,
      concurrency: 16,
      reconcile: async ({ namespace, name }) => {
        const workload = workloads.get(namespace, name);
        const seen = workload?.status?.observedGeneration;
        if (workload !== undefined && seen !== workload.metadata.generation) await ready(resource, workload);
        return done;
      },
    }),
  );
}
await operator.start();
process.stdout.write('watching\n');
process.once('SIGTERM', () => process.exit(0));
