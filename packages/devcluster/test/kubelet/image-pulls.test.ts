import { kinds, type PullDelay } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { aPod, World } from '../support/world.js';

describe('the images of a pod', () => {
  let world: World;
  afterEach(() => world.stop());

  const start = (pullDelay: PullDelay) => World.start({ nodes: [{ name: 'node-1' }], script: () => ({}), pullDelay });
  const status = async () => (await world.get(kinds.pods, 'a')).status!;

  it('pulls an image once for a node', async () => {
    world = await start(60_000);
    await world.created(kinds.pods, aPod('a'));
    expect((await status()).containerStatuses![0]!.state.waiting).to.deep.equal({ reason: 'ContainerCreating' });
    await world.advance(61);
    await world.created(kinds.pods, aPod('b'));
    expect((await world.get(kinds.pods, 'b')).status!.phase).to.equal('Running');
    expect(await world.events('b')).to.include(
      'Pulled: Container image "example.dev/web:1" already present on machine',
    );
  });

  it('pulls the images of a pod one after the other, those that it mounts before its containers begin', async () => {
    world = await start((image) => (image.includes('weights') ? 20_000 : 5_000));
    const volume = { name: 'model', image: { reference: 'example.dev/weights:1', pullPolicy: 'IfNotPresent' } };
    const second = { name: 'second', image: 'example.dev/other:1' };
    const { spec, ...rest } = aPod('a');
    await world.created(kinds.pods, {
      ...rest,
      spec: { ...spec, volumes: [volume], containers: [...spec.containers, second] },
    });
    const running = async () => (await status()).containerStatuses!.map(({ state }) => 'running' in state);
    await world.advance(19);
    expect(await running()).to.deep.equal([false, false]);
    await world.advance(6);
    expect(await running()).to.deep.equal([true, false]);
    await world.advance(6);
    expect(await running()).to.deep.equal([true, true]);
    expect((await world.events('a')).filter((event) => event.startsWith('Pull'))).to.deep.equal([
      'Pulling: Pulling image "example.dev/weights:1"',
      'Pulled: Successfully pulled image "example.dev/weights:1" in 20s (20s including waiting). Image size: 0 bytes.',
      'Pulling: Pulling image "example.dev/web:1"',
      'Pulled: Successfully pulled image "example.dev/web:1" in 5s (5s including waiting). Image size: 0 bytes.',
      'Pulling: Pulling image "example.dev/other:1"',
      'Pulled: Successfully pulled image "example.dev/other:1" in 5s (5s including waiting). Image size: 0 bytes.',
    ]);
  });

  it('pulls for one pod of a node after the other, and tells how long each waited', async () => {
    world = await start(5_000);
    const { spec, ...rest } = aPod('b');
    const other = spec.containers.map((container) => ({ ...container, image: 'example.dev/other:1' }));
    await world.created(kinds.pods, aPod('a'));
    await world.created(kinds.pods, { ...rest, spec: { ...spec, containers: other } });
    await world.advance(11);
    expect(await world.events('b')).to.include(
      'Pulled: Successfully pulled image "example.dev/other:1" in 5s (10s including waiting). Image size: 0 bytes.',
    );
  });

  it('does not pull a mounted image that lies on the node', async () => {
    world = await start(60_000);
    await world.created(kinds.pods, aPod('a'));
    await world.advance(61);
    const { spec, ...rest } = aPod('b');
    const volumes = [{ name: 'model', image: { reference: 'example.dev/web:1' } }];
    await world.created(kinds.pods, { ...rest, spec: { ...spec, volumes } });
    expect((await world.get(kinds.pods, 'b')).status!.phase).to.equal('Running');
  });

  it('says that a mounted image is not there which must not be pulled', async () => {
    world = await start(0);
    const { spec, ...rest } = aPod('a');
    const volumes = [{ name: 'model', image: { reference: 'example.dev/weights:1', pullPolicy: 'Never' } }];
    await world.created(kinds.pods, { ...rest, spec: { ...spec, volumes } });
    expect(await world.events('a')).to.include(
      'Failed: Container image "example.dev/weights:1" is not present with pull policy of Never',
    );
  });
});
