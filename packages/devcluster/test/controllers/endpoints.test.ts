import { kinds } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { aDeployment, aService, aStatefulSet, container, World } from '../support/world.js';

interface Address {
  ip: string;
  hostname?: string;
  nodeName?: string;
  targetRef: { kind: string; name: string };
}
interface Subset {
  addresses?: Address[];
  notReadyAddresses?: Address[];
  ports?: { name?: string; port: number; protocol: string }[];
}

describe('endpoints and endpoint slices', () => {
  let world: World;
  afterEach(() => world.stop());

  const subsets = async (name = 'web') => ((await world.get(kinds.endpoints, name)).subsets ?? []) as Subset[];
  const slices = async () =>
    (await world.all(kinds.endpointSlices)).filter(
      ({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'web',
    );

  it('name the ready pods of a Service with address, node and pod', async () => {
    world = await World.start();
    await world.created(kinds.services, aService('web'));
    await world.created(kinds.deployments, aDeployment('web', { replicas: 2 }));
    const [subset] = await subsets();
    expect(subset!.ports).to.deep.equal([{ name: 'http', port: 5000, protocol: 'TCP' }]);
    expect(subset!.addresses).to.have.length(2);
    const pods = await world.pods();
    for (const { ip, nodeName, targetRef } of subset!.addresses!) {
      const pod = pods.find(({ metadata }) => metadata.name === targetRef.name)!;
      expect({ ip, nodeName, kind: targetRef.kind }).to.deep.equal({
        ip: pod.status!.podIP,
        nodeName: pod.spec.nodeName,
        kind: 'Pod',
      });
    }
    const [slice] = await slices();
    expect((slice!.endpoints as { addresses: string[] }[]).flatMap(({ addresses }) => addresses)).to.have.members(
      subset!.addresses!.map(({ ip }) => ip),
    );
    expect(slice!.metadata.name).to.match(/^web-[a-z0-9]{5}$/);
  });

  it('keep pods that are not ready apart, and move them when they are', async () => {
    world = await World.start({ script: () => ({ readyAfter: 30_000 }) });
    await world.created(kinds.services, aService('web'));
    await world.created(kinds.deployments, aDeployment('web', { replicas: 1 }));
    expect((await subsets())[0])
      .to.have.property('notReadyAddresses')
      .with.length(1);
    expect(((await slices())[0]!.endpoints as { conditions: object }[])[0]!.conditions).to.deep.equal({
      ready: false,
      serving: false,
      terminating: false,
    });
    await world.advance(31);
    expect((await subsets())[0])
      .to.have.property('addresses')
      .with.length(1);
    expect((await subsets())[0]).not.to.have.property('notReadyAddresses');
    expect(((await slices())[0]!.endpoints as { conditions: object }[])[0]!.conditions).to.deep.equal({
      ready: true,
      serving: true,
      terminating: false,
    });
  });

  it('publish pods that are not ready where the Service asks for it, as the Services of KAITO do', async () => {
    world = await World.start({ script: () => ({ readyAfter: 'never' }) });
    await world.created(kinds.services, aService('web', { publishNotReadyAddresses: true }));
    await world.created(kinds.deployments, aDeployment('web', { replicas: 1 }));
    expect((await subsets())[0])
      .to.have.property('addresses')
      .with.length(1);
  });

  it('find a named port on each pod', async () => {
    world = await World.start();
    const ports = [{ name: 'serve', containerPort: 8080 }];
    await world.created(kinds.services, aService('web', { ports: [{ port: 80, targetPort: 'serve' }] }));
    await world.created(kinds.deployments, aDeployment('web', { replicas: 1 }, { containers: [container({ ports })] }));
    expect((await subsets())[0]!.ports).to.deep.equal([{ port: 8080, protocol: 'TCP' }]);
  });

  it('name the hosts of a StatefulSet behind its headless Service', async () => {
    world = await World.start();
    const headless = { clusterIP: 'None', ports: [{ name: 'torchrun', port: 29500 }] };
    await world.created(kinds.services, aService('web-headless', headless));
    await world.created(kinds.statefulSets, aStatefulSet('web', { replicas: 2 }));
    expect((await subsets('web-headless'))[0]!.addresses!.map(({ hostname }) => hostname)).to.deep.equal([
      'web-0',
      'web-1',
    ]);
  });

  it('take a pod out as soon as it is being deleted', async () => {
    world = await World.start({ script: () => ({ ignoresTerm: true }) });
    await world.created(kinds.services, aService('web'));
    await world.created(kinds.statefulSets, aStatefulSet('web', { replicas: 1 }));
    await world.deleted(kinds.pods, await world.get(kinds.pods, 'web-0'));
    expect(await subsets()).to.deep.equal([]);
    expect(((await slices())[0]!.endpoints as { conditions: object }[])[0]!.conditions).to.include({
      terminating: true,
    });
  });

  it('are there and empty for a Service that picks nothing, and gone with it', async () => {
    world = await World.start();
    const service = await world.created(kinds.services, aService('web'));
    expect(await subsets()).to.deep.equal([]);
    expect(await slices()).to.have.length(1);
    await world.deleted(kinds.services, service);
    expect(await world.find(kinds.endpoints, 'web')).to.equal(undefined);
    expect(await slices()).to.deep.equal([]);
  });

  it('are left alone for a Service without a selector', async () => {
    world = await World.start();
    await world.created(kinds.services, aService('web', { selector: undefined }));
    expect(await world.find(kinds.endpoints, 'web')).to.equal(undefined);
  });
});
