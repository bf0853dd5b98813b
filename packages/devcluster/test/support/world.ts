import {
  type Condition,
  type Container,
  type DaemonSet,
  type Deployment,
  DevCluster,
  type DevClusterOptions,
  type Job,
  type Kind,
  type KubeObject,
  kinds,
  type Pod,
  type StatefulSet,
  VirtualClock,
} from '@kaito-sdk/devcluster';

/** A cluster in virtual time with two plain nodes, and the words that its tests are written in. */
export class World {
  private constructor(
    readonly cluster: DevCluster,
    readonly clock: VirtualClock,
    /** What the built-in controllers failed at. */
    readonly failures: readonly string[],
  ) {}

  static async start(options: Omit<DevClusterOptions, 'clock'> = {}): Promise<World> {
    const clock = new VirtualClock();
    const failures: string[] = [];
    const cluster = await DevCluster.start({
      nodes: [{ name: 'node-1' }, { name: 'node-2' }],
      onFailure: (controller, key, error) => failures.push(`${controller} ${key}: ${String(error)}`),
      ...options,
      clock,
    });
    return new World(cluster, clock, failures);
  }

  async stop(): Promise<void> {
    await this.cluster.stop();
  }

  async created<T extends KubeObject>(kind: Kind<T>, object: KubeObject): Promise<T> {
    const made = await this.cluster.client.create(kind, object);
    await this.cluster.settled();
    return made as T;
  }

  async patched<T extends KubeObject>(kind: Kind<T>, object: KubeObject, patch: object): Promise<T> {
    const { namespace, name } = object.metadata;
    const made = await this.cluster.client.merge(kind, namespace, name, patch);
    await this.cluster.settled();
    return made as T;
  }

  async deleted(kind: Kind, object: KubeObject, options: object = {}): Promise<void> {
    const { namespace, name } = object.metadata;
    await this.cluster.client.delete(kind, namespace, name, options);
    await this.cluster.settled();
  }

  async find<T extends KubeObject>(
    kind: Kind<T>,
    name: string,
    namespace: string | undefined = 'default',
  ): Promise<T | undefined> {
    return (await this.cluster.client.get(kind, namespace, name)) as T | undefined;
  }

  async get<T extends KubeObject>(kind: Kind<T>, name: string, namespace: string | undefined = 'default'): Promise<T> {
    const found = await this.find(kind, name, namespace);
    if (found === undefined) throw new Error(`there is no ${kind.kind} ${name}`);
    return found;
  }

  async all<T extends KubeObject>(kind: Kind<T>): Promise<T[]> {
    return (await this.cluster.client.list(kind)).items as T[];
  }

  pods(): Promise<Pod[]> {
    return this.all(kinds.pods);
  }

  async podNames(): Promise<string[]> {
    return (await this.pods()).map(({ metadata }) => metadata.name).sort();
  }

  /** `reason: message` of all events about an object of that name, in the order they were first seen. */
  async events(about: string): Promise<string[]> {
    const events = await this.all(kinds.events);
    return events
      .filter((event) => (event.involvedObject as { name: string }).name === about)
      .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
      .map((event) => `${String(event.reason)}: ${String(event.message)}`);
  }

  async advance(seconds: number): Promise<void> {
    await this.clock.advance(seconds * 1000);
  }
}

/** The condition of that type, for expectations. */
export function condition(object: { status?: unknown }, type: string): Condition | undefined {
  return (object.status as { conditions?: Condition[] } | undefined)?.conditions?.find((one) => one.type === type);
}

const labels = { app: 'web' };

export function container(more: Partial<Container> = {}): Container {
  return { name: 'main', image: 'example.dev/web:1', ...more };
}

export function aPod(name: string, spec: object = {}, metadata: object = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', ...metadata },
    spec: { containers: [container()], ...spec },
  } as Pod;
}

export function aDeployment(name: string, spec: object = {}, pod: object = {}): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: {
      replicas: 3,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container()], ...pod } },
      ...spec,
    },
  } as Deployment;
}

export function aDaemonSet(name: string, spec: object = {}, pod: object = {}): DaemonSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace: 'default' },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [container({ image: `${name}:1` })], ...pod },
      },
      ...spec,
    },
  };
}

export function aStatefulSet(name: string, spec: object = {}): StatefulSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name, namespace: 'default' },
    spec: {
      replicas: 3,
      serviceName: `${name}-headless`,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container()] } },
      ...spec,
    },
  } as StatefulSet;
}

export function aJob(name: string, spec: object = {}, pod: object = {}): Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'default' },
    spec: {
      template: { spec: { containers: [container()], restartPolicy: 'Never', ...pod } },
      ...spec,
    },
  } as Job;
}

export function aService(name: string, spec: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 5000 }], ...spec },
  };
}
