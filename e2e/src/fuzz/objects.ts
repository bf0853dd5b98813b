import type { Random } from './random.js';

/** A kind that is fuzzed: where it lives, and how bodies of it are made, right ones and wrong ones. */
export interface FuzzedKind {
  readonly apiVersion: string;
  readonly kind: string;
  /** The collection in a namespace. */
  readonly collection: (namespace: string) => string;
  /** All but type and metadata. */
  readonly fields: (random: Random) => Readonly<Record<string, unknown>>;
}

const core = (plural: string) => (namespace: string) => `/api/v1/namespaces/${namespace}/${plural}`;
const grouped = (version: string, plural: string) => (namespace: string) =>
  `/apis/${version}/namespaces/${namespace}/${plural}`;

/** Few values for each field, so that requests meet each other. */
export const fuzzedKinds: Readonly<Record<string, FuzzedKind>> = {
  configmaps: {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    collection: core('configmaps'),
    fields: (random) => ({
      ...random.maybe(1, () => ({ data: data(random) })),
      ...random.maybe(12, () => ({ binaryData: { b: random.pick('aGk=', 'no base64') } })),
      ...random.maybe(20, () => ({ immutable: random.pick(true, false) })),
      ...random.maybe(25, () => ({ unknown: 1 })),
    }),
  },
  widgets: {
    apiVersion: 'ex.io/v1',
    kind: 'Widget',
    collection: grouped('ex.io/v1', 'widgets'),
    fields: (random) => ({
      spec: widgetSpec(random),
      ...random.maybe(5, () => ({ status: { replicas: random.below(3) } })),
    }),
  },
  deployments: {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    collection: grouped('apps/v1', 'deployments'),
    fields: (random) => ({ spec: deploymentSpec(random) }),
  },
  services: {
    apiVersion: 'v1',
    kind: 'Service',
    collection: core('services'),
    fields: (random) => ({ spec: serviceSpec(random) }),
  },
  secrets: {
    apiVersion: 'v1',
    kind: 'Secret',
    collection: core('secrets'),
    fields: (random) => ({
      ...random.maybe(2, () => ({ stringData: data(random) })),
      ...random.maybe(2, () => ({ data: { a: random.pick('aGk=', 'MQ==') } })),
      ...random.maybe(6, () => ({ type: random.pick('Opaque', 'ex.io/t', 'kubernetes.io/basic-auth') })),
      ...random.maybe(20, () => ({ immutable: true })),
    }),
  },
  leases: {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    collection: grouped('coordination.k8s.io/v1', 'leases'),
    fields: (random) => ({
      spec: {
        ...random.maybe(2, () => ({ holderIdentity: random.pick('a', 'b', '') })),
        ...random.maybe(2, () => ({ leaseDurationSeconds: random.pick(15, 30, 0, -1) })),
        ...random.maybe(2, () => ({
          renewTime: random.pick('2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:01.000001Z', '2026-01-01T00:00:00Z'),
        })),
        ...random.maybe(4, () => ({ leaseTransitions: random.pick(0, 1, -1) })),
      },
    }),
  },
};

/** What a body says of itself, beside its name. */
export function metadata(random: Random, name: string): Readonly<Record<string, unknown>> {
  const owner = { apiVersion: 'v1', kind: 'Pod', name: 'q', uid: random.pick('u1', 'u2') };
  return {
    name,
    ...random.maybe(4, () => ({ labels: random.pick({}, { x: '1' }, { x: '2', y: '3' }) })),
    ...random.maybe(8, () => ({ finalizers: random.pick(['ex.io/f'], ['ex.io/g', 'ex.io/f'], []) })),
    ...random.maybe(8, () => ({ annotations: { n: random.pick('1', '2') } })),
    ...random.maybe(15, () => ({ ownerReferences: [owner] })),
  };
}

function data(random: Random): Readonly<Record<string, string>> {
  const keys = Array.from({ length: random.below(3) }, () => random.pick('a', 'b', 'c'));
  return Object.fromEntries(keys.map((key) => [key, random.pick('1', '2', '')]));
}

function widgetSpec(random: Random): object {
  const items = [
    [],
    [{ name: 'a' }],
    [{ name: 'a', value: 1 }, { name: 'b' }],
    [{ name: 'b', value: 2 }, { name: 'c' }],
    [{ name: 'a' }, { name: 'a' }],
    [{ value: 1 }],
    null,
  ];
  return {
    ...(random.once(12) ? {} : { size: random.pick<unknown>(1, 2, 3, 11, 2.5, 'x') }),
    ...random.maybe(4, () => ({ mode: random.pick('A', 'B', 'C', null) })),
    ...random.maybe(3, () => ({ items: random.pick<unknown>(...items) })),
    ...random.maybe(3, () => ({ tags: random.pick<string[]>(['x'], ['x', 'y'], ['y', 'z'], [], ['x', 'x']) })),
    ...random.maybe(4, () => ({ options: random.pick<object>({}, { k: '1' }, { k: '2', l: '3' }, { k: null }) })),
    ...random.maybe(6, () => ({ port: random.pick<unknown>(1, 'http', true) })),
    ...random.maybe(6, () => ({ note: random.pick('abc', 'toolong', 'A', null, '') })),
    ...random.maybe(6, () => ({ notnul: random.pick('q', null) })),
    ...random.maybe(8, () => ({ max: random.pick(1, 5) })),
    ...random.maybe(10, () => ({ zz: 1 })),
    ...random.maybe(8, () => ({ replicas: random.pick(0, 2, -1) })),
  };
}

function container(random: Random): object {
  return {
    name: random.pick('a', 'b'),
    ...(random.once(5) ? {} : { image: random.pick('i', 'j:1') }),
    ...random.maybe(3, () => ({
      env: random.pick<object[]>(
        [{ name: 'E', value: '1' }],
        [
          { name: 'E', value: '2' },
          { name: 'F', value: '3' },
        ],
        [],
      ),
    })),
    ...random.maybe(3, () => ({
      ports: random.pick<object[]>(
        [{ containerPort: 80 }],
        [
          { containerPort: 80, name: 'h' },
          { containerPort: 81, protocol: 'UDP' },
        ],
      ),
    })),
    ...random.maybe(4, () => ({ args: random.pick(['x'], ['y', 'z']) })),
    ...random.maybe(5, () => ({ resources: { limits: { cpu: random.pick('1', '500m', '0.5') } } })),
    ...random.maybe(6, () => ({ readinessProbe: { httpGet: { port: random.pick<unknown>(80, 'h') } } })),
  };
}

function deploymentSpec(random: Random): object {
  const volume = (): object => ({
    name: 'v',
    ...random.pick<object>({ emptyDir: {} }, { configMap: { name: 'c' } }, {}),
  });
  const spec = {
    containers: random.once(3) ? [container(random), container(random)] : [container(random)],
    ...random.maybe(4, () => ({ volumes: [volume()] })),
    ...random.maybe(6, () => ({ terminationGracePeriodSeconds: random.pick(5, 30) })),
    ...random.maybe(6, () => ({
      tolerations: [{ key: 'k', operator: random.pick('Exists', 'Equal'), effect: 'NoSchedule' }],
    })),
  };
  const strategies = [
    { type: 'Recreate' },
    { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } },
    { type: 'RollingUpdate', rollingUpdate: { maxSurge: '10%', maxUnavailable: 0 } },
  ];
  return {
    ...random.maybe(2, () => ({ replicas: random.pick(1, 2, -1) })),
    selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b', ...random.maybe(4, () => ({ v: random.pick('1', '2') })) } }, spec },
    ...random.maybe(5, () => ({ strategy: random.pick<object>(...strategies) })),
  };
}

function serviceSpec(random: Random): object {
  const ports = [
    [{ port: 80 }],
    [
      { port: 80, name: 'a' },
      { port: 81, name: 'b' },
    ],
    [{ port: 81, targetPort: 'x' }],
    [
      { port: 80, name: 'a' },
      { port: 80, name: 'b', protocol: 'UDP' },
    ],
  ];
  return {
    ports: random.pick<object[]>(...ports),
    ...(random.once(3) ? {} : { selector: { a: random.pick('b', 'c') } }),
    ...random.maybe(10, () => ({ sessionAffinity: 'None' })),
  };
}
