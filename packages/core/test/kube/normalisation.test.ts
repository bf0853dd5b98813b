import { differs, type KubeObject, kindOf, RestClient } from '@kaito-sdk/core';
import { VirtualClock } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { TestServer } from '../engine/support/test-server.js';

const pod = {
  terminationGracePeriodSeconds: 30,
  hostNetwork: false,
  nodeSelector: { 'node.kubernetes.io/instance-type': 'big' },
  tolerations: [{ key: 'gpu', operator: 'Exists', effect: 'NoSchedule' }],
  securityContext: {},
  containers: [
    {
      name: 'main',
      image: 'example.com/server:1',
      command: ['/bin/sh', '-c', 'serve'],
      args: [],
      env: [
        { name: 'A', value: '1' },
        { name: 'EMPTY', value: '' },
        { name: 'MEMORY', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
      ],
      ports: [{ containerPort: 5000 }],
      resources: { limits: { 'nvidia.com/gpu': 1, memory: '2048Mi', cpu: '1500m' }, requests: { cpu: 0.5 } },
      volumeMounts: [
        { name: 'shm', mountPath: '/dev/shm' },
        { name: 'config', mountPath: '/config', readOnly: false },
      ],
      readinessProbe: { httpGet: { path: '/health', port: 5000 }, periodSeconds: 5 },
    },
  ],
  volumes: [
    { name: 'shm', emptyDir: { medium: 'Memory', sizeLimit: '1024Mi' } },
    { name: 'config', configMap: { name: 'c', optional: true } },
  ],
};
const labels = { app: 'x' };
const selector = { matchLabels: labels };
const metadata = { name: 'x', namespace: 'default' };
const template = { metadata: { labels }, spec: pod };

const rendered: readonly KubeObject[] = [
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: { replicas: 1, selector, template, progressDeadlineSeconds: 1200 },
  },
  { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata, spec: { replicas: 2, serviceName: 'x', selector, template } },
  {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata,
    spec: { backoffLimit: 0, suspend: true, template: { ...template, spec: { ...pod, restartPolicy: 'Never' } } },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: {
      selector: labels,
      ports: [
        { name: 'http', port: 80, targetPort: 5000 },
        { name: 'torch', port: 29500 },
      ],
    },
  },
  { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { token: 'hunter2' } },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: '1', b: '' } },
  {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata,
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1024Mi' } } },
  },
];

describe('what the server makes of an applied object', () => {
  for (const object of rendered) {
    it(`is no difference for a ${object.kind}`, async () => {
      const clock = new VirtualClock();
      const server = await TestServer.start(clock);
      const client = new RestClient({ transport: server, clock, random: () => 0 });
      const live = await client.apply(kindOf(object), object, { fieldManager: 'm' });
      expect(differs(object, live)).to.equal(false);
      const again = await client.apply(kindOf(object), object, { fieldManager: 'm' });
      expect(again.metadata.resourceVersion).to.equal(live.metadata.resourceVersion);
    });
  }
});
