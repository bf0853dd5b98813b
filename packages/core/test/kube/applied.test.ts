import { differs, type KubeObject, parseQuantity, sameQuantity } from '@kaito-sdk/core';
import { expect } from 'chai';

function deployment(container: object = {}, pod: object = {}, meta: object = {}): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', namespace: 'default', ...meta },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'd' } },
      template: {
        metadata: { labels: { app: 'd' } },
        spec: { containers: [{ name: 'main', image: 'i:1', ...container }], ...pod },
      },
    },
  };
}

/** What a server makes of it: defaults, another notation, other managers' fields. */
const server: KubeObject = {
  ...deployment(),
  metadata: {
    name: 'd',
    namespace: 'default',
    uid: 'u',
    resourceVersion: '9',
    generation: 1,
    annotations: { 'deployment.kubernetes.io/revision': '1' },
  },
  spec: {
    progressDeadlineSeconds: 600,
    replicas: 1,
    selector: { matchLabels: { app: 'd' } },
    strategy: { type: 'RollingUpdate' },
    template: {
      metadata: { creationTimestamp: null, labels: { app: 'd' } },
      spec: {
        containers: [
          {
            name: 'main',
            image: 'i:1',
            imagePullPolicy: 'IfNotPresent',
            env: [{ name: 'INJECTED', value: 'x' }, { name: 'A', value: '1' }, { name: 'EMPTY' }],
            ports: [{ containerPort: 5000, protocol: 'TCP', name: 'http' }],
            resources: { limits: { cpu: '1', memory: '1Gi', 'nvidia.com/gpu': '1' }, requests: { cpu: '500m' } },
            command: ['a', 'b'],
            volumeMounts: [{ mountPath: '/cache', name: 'cache' }],
          },
          { name: 'sidecar', image: 's:1' },
        ],
        volumes: [
          { name: 'injected', emptyDir: {} },
          { name: 'cache', emptyDir: { sizeLimit: '1Gi' } },
        ],
        tolerations: [
          { key: 'x', operator: 'Exists' },
          { key: 'node.kubernetes.io/not-ready', operator: 'Exists', tolerationSeconds: 300 },
        ],
        restartPolicy: 'Always',
      },
    },
  },
  status: { replicas: 1 },
};

describe('whether applying would change anything', () => {
  const same: readonly (readonly [string, KubeObject])[] = [
    ['defaults and fields of others', deployment()],
    ['a quantity as a number', deployment({ resources: { limits: { 'nvidia.com/gpu': 1 } } })],
    [
      'quantities in another notation',
      deployment({ resources: { limits: { cpu: '1000m', memory: '1024Mi' }, requests: { cpu: 0.5 } } }),
    ],
    [
      'a size limit in another notation',
      deployment({}, { volumes: [{ name: 'cache', emptyDir: { sizeLimit: 2 ** 30 } }] }),
    ],
    [
      'empty values that the server leaves out',
      deployment({ env: [{ name: 'EMPTY', value: '' }], args: [], securityContext: {} }),
    ],
    ['false where false is nothing', deployment({ stdin: false }, { hostNetwork: false })],
    ['null and undefined', deployment({ args: undefined, workingDir: null }, {}, { creationTimestamp: null })],
    ['env beside what admission injected', deployment({ env: [{ name: 'A', value: '1' }] })],
    ['ports by number and protocol, which is TCP unless said', deployment({ ports: [{ containerPort: 5000 }] })],
    ['mounts by path', deployment({ volumeMounts: [{ name: 'cache', mountPath: '/cache' }] })],
    ['tolerations beside those of admission', deployment({}, { tolerations: [{ key: 'x', operator: 'Exists' }] })],
    ['a status that apply would not touch', { ...deployment(), status: { replicas: 7 } }],
    ['an atomic list that is equal', deployment({ command: ['a', 'b'] })],
  ];
  for (const [what, rendered] of same) {
    it(`says no for ${what}`, () => {
      expect(differs(rendered, server)).to.equal(false);
    });
  }

  const different: readonly (readonly [string, KubeObject])[] = [
    ['another image', deployment({ image: 'i:2' })],
    ['another quantity', deployment({ resources: { limits: { cpu: '1001m' } } })],
    [
      'an environment variable of the same number but another text',
      deployment({ env: [{ name: 'A', value: '1000m' }] }),
    ],
    ['a variable that is not there', deployment({ env: [{ name: 'B', value: '1' }] })],
    ['an empty variable that is not there', deployment({ env: [{ name: 'B', value: '' }] })],
    ['a port that is not there', deployment({ ports: [{ containerPort: 5001 }] })],
    ['the same port by another protocol', deployment({ ports: [{ containerPort: 5000, protocol: 'UDP' }] })],
    ['an atomic list in another order', deployment({ command: ['b', 'a'] })],
    ['an atomic list that is shorter', deployment({ command: ['a'] })],
    ['a toleration that is not there', deployment({}, { tolerations: [{ key: 'y', operator: 'Exists' }] })],
    ['another label', deployment({}, {}, { labels: { a: 'b' } })],
    ['a finalizer that is not there', deployment({}, {}, { finalizers: ['x.io/y'] })],
    ['an owner that is not there', deployment({}, {}, { ownerReferences: [{ uid: 'o' }] })],
    ['false where false is not nothing', deployment({}, { automountServiceAccountToken: false })],
    ['a map where there is a list', deployment({ command: { a: 'b' } })],
    ['a list where there is a map', deployment({ resources: [] })],
  ];
  for (const [what, rendered] of different) {
    it(`says yes for ${what}`, () => {
      expect(differs(rendered, server)).to.equal(true);
    });
  }

  it('reads stringData as the data that it becomes', () => {
    const secret = (more: object): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's' },
      ...more,
    });
    const live = secret({ data: { password: Buffer.from('hunter2').toString('base64') }, type: 'Opaque' });
    expect(differs(secret({ stringData: { password: 'hunter2' } }), live)).to.equal(false);
    expect(differs(secret({ stringData: { password: 'other' } }), live)).to.equal(true);
  });

  it('never takes text for a quantity, whatever its key', () => {
    const map = (more: object): KubeObject => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c' },
      ...more,
    });
    expect(differs(map({ data: { sizeLimit: '1000m' } }), map({ data: { sizeLimit: '1' } }))).to.equal(true);
    expect(
      differs(
        map({ metadata: { name: 'c', labels: { sizeLimit: '1.0' } } }),
        map({ metadata: { name: 'c', labels: { sizeLimit: '1' } } }),
      ),
    ).to.equal(true);
  });
});

describe('a quantity', () => {
  it('is the same in every notation', () => {
    for (const [a, b] of [
      ['1', '1000m'],
      [1, '1'],
      ['0.5', '500m'],
      ['1Ki', '1024'],
      ['1e3', '1k'],
      ['1.5Gi', '1536Mi'],
      ['100n', '0.1u'],
      ['+1', '1'],
      ['-1', '-1000m'],
      ['.5', '0.5'],
      ['1E', '1e18'],
    ] as const) {
      expect(sameQuantity(a, b), `${a} and ${b}`).to.equal(true);
    }
  });

  it('is not nearly the same', () => {
    for (const [a, b] of [
      ['1k', '1Ki'],
      ['1', '1.000000001'],
      ['9007199254740993', '9007199254740992'],
    ] as const) {
      expect(sameQuantity(a, b), `${a} and ${b}`).to.equal(false);
    }
  });

  it('is nothing else', () => {
    for (const value of ['', '.', 'Ki', '1 Gi', '1gi', 'one', true, null, {}])
      expect(parseQuantity(value)).to.equal(undefined);
  });
});
