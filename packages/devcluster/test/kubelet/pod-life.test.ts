import { imageNotFound, kinds, type Script, type StagedOutcome } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { aPod, condition, container, World } from '../support/world.js';

const fixed =
  (outcome: StagedOutcome): Script =>
  () =>
    outcome;
const one = [{ name: 'node-1' }];

describe('the life of a pod', () => {
  let world: World;
  afterEach(() => world.stop());

  const start = (script: Script, more: object = {}) => World.start({ nodes: one, script, ...more });
  const pod = () => world.get(kinds.pods, 'a');
  const status = async () => (await pod()).status!;
  const main = async () => (await status()).containerStatuses![0]!;

  it('ends in a status as the kubelet writes it', async () => {
    world = await start(fixed({}));
    await world.created(kinds.pods, aPod('a'));
    const seen = await status();
    expect(seen).to.include({
      phase: 'Running',
      qosClass: 'BestEffort',
      hostIP: '10.224.0.4',
      startTime: '2026-01-01T00:00:00Z',
    });
    expect(seen.podIP).to.match(/^10\.244\.\d+\.\d+$/);
    expect(seen.podIPs).to.deep.equal([{ ip: seen.podIP }]);
    const conditions = Object.fromEntries(seen.conditions!.map(({ type, status: value }) => [type, value]));
    expect(conditions).to.deep.equal({
      PodScheduled: 'True',
      PodReadyToStartContainers: 'True',
      Initialized: 'True',
      Ready: 'True',
      ContainersReady: 'True',
    });
    expect(await main()).to.deep.include({
      name: 'main',
      image: 'example.dev/web:1',
      ready: true,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
      lastState: {},
    });
  });

  it('tells its story in the events of the kubelet', async () => {
    world = await start(fixed({}), { pullDelay: 2_000 });
    const created = await world.created(kinds.pods, aPod('a'));
    await world.advance(3);
    await world.deleted(kinds.pods, created);
    await world.advance(31);
    expect(await world.events('a')).to.deep.equal([
      'Scheduled: Successfully assigned default/a to node-1',
      'Pulling: Pulling image "example.dev/web:1"',
      'Pulled: Successfully pulled image "example.dev/web:1" in 2s (2s including waiting). Image size: 0 bytes.',
      'Created: Created container: main',
      'Started: Started container main',
      'Killing: Stopping container main',
    ]);
  });

  it('gives every pod an address of its own', async () => {
    world = await start(fixed({}));
    for (let i = 0; i < 300; i++) await world.cluster.client.create(kinds.pods, aPod(`p${i}`));
    await world.patched(kinds.nodes, await world.get(kinds.nodes, 'node-1', undefined), {});
    const bound = (await world.pods()).filter(({ status: seen }) => seen?.podIP !== undefined);
    expect(bound).to.have.length(110);
    expect(new Set(bound.map(({ status: seen }) => seen!.podIP)).size).to.equal(110);
  });

  it('is Running and not Ready until the container is', async () => {
    world = await start(fixed({ readyAfter: 30_000 }));
    await world.created(kinds.pods, aPod('a'));
    expect((await status()).phase).to.equal('Running');
    expect(condition(await pod(), 'Ready')).to.include({
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [main]',
    });
    await world.advance(31);
    expect(condition(await pod(), 'Ready')).to.include({ status: 'True' });
  });

  it('restarts a crashing container at once the first time, then backs off 10 s, 20 s, 40 s', async () => {
    world = await start(fixed({ exit: { after: 1_000, code: 3 } }));
    await world.created(kinds.pods, aPod('a'));
    await world.advance(1.5);
    expect(await main()).to.include({ restartCount: 1 });
    await world.advance(1);
    const { uid } = (await pod()).metadata;
    expect((await main()).state.waiting).to.deep.equal({
      reason: 'CrashLoopBackOff',
      message: `back-off 10s restarting failed container=main pod=a_default(${uid})`,
    });
    expect((await main()).lastState.terminated).to.include({ exitCode: 3, reason: 'Error' });
    expect((await status()).phase).to.equal('Running');
    await world.advance(10);
    expect(await main()).to.include({ restartCount: 2 });
    await world.advance(1);
    expect((await main()).state.waiting!.message).to.include('back-off 20s');
    await world.advance(22);
    expect((await main()).state.waiting!.message).to.include('back-off 40s');
    expect(await world.events('a')).to.include(
      `BackOff: Back-off restarting failed container main in pod a_default(${uid})`,
    );
  });

  it('never waits longer than five minutes, and forgets after ten minutes without trouble', async () => {
    let runFor = 1_000;
    world = await start(() => ({ exit: { after: runFor, code: 1 } }));
    await world.created(kinds.pods, aPod('a'));
    await world.advance(3600);
    expect((await main()).state.waiting!.message).to.include('back-off 5m0s');
    runFor = 700_000;
    await world.advance(301 + 701);
    runFor = 1_000;
    await world.clock.advanceUntil(async () => (await main()).state.waiting !== undefined);
    expect((await main()).state.waiting!.message).to.include('back-off 10s');
  });

  for (const [policy, code, phase] of [
    ['Never', 0, 'Succeeded'],
    ['Never', 1, 'Failed'],
    ['OnFailure', 0, 'Succeeded'],
    ['OnFailure', 1, 'Running'],
    ['Always', 0, 'Running'],
    ['Always', 1, 'Running'],
  ] as const) {
    it(`is ${phase} when the container ends with ${code} under restartPolicy ${policy}`, async () => {
      world = await start(fixed({ exit: { after: 1_000, code } }));
      await world.created(kinds.pods, aPod('a', { restartPolicy: policy }));
      await world.advance(5);
      expect((await status()).phase).to.equal(phase);
    });
  }

  it('is Succeeded only when all its containers are', async () => {
    world = await start((_, name) => ({ exit: { after: name === 'slow' ? 60_000 : 1_000, code: 0 } }));
    const containers = [container({ name: 'quick' }), container({ name: 'slow' })];
    await world.created(kinds.pods, aPod('a', { restartPolicy: 'Never', containers }));
    await world.advance(5);
    expect((await status()).phase).to.equal('Running');
    await world.advance(60);
    expect((await status()).phase).to.equal('Succeeded');
    expect(condition(await pod(), 'Ready')).to.include({ status: 'False', reason: 'PodCompleted' });
  });

  describe('with init containers', () => {
    const initContainers = [container({ name: 'first' }), container({ name: 'second' })];

    it('runs them one after the other before the others', async () => {
      world = await start((_, name) => (name === 'main' ? {} : { exit: { after: 10_000, code: 0 } }));
      await world.created(kinds.pods, aPod('a', { initContainers }));
      const states = async () => [
        ...(await status()).initContainerStatuses!.map(({ state }) => Object.keys(state)[0]),
        (await main()).state.waiting?.reason ?? 'running',
      ];
      expect(await states()).to.deep.equal(['running', 'waiting', 'PodInitializing']);
      expect((await status()).phase).to.equal('Pending');
      expect(condition(await pod(), 'Initialized')).to.include({
        status: 'False',
        reason: 'ContainersNotInitialized',
        message: 'containers with incomplete status: [first second]',
      });
      await world.advance(11);
      expect(await states()).to.deep.equal(['terminated', 'running', 'PodInitializing']);
      await world.advance(10);
      expect(await states()).to.deep.equal(['terminated', 'terminated', 'running']);
      expect((await status()).phase).to.equal('Running');
    });

    it('tries a failing one again, with back-off, and starts nothing else', async () => {
      world = await start((_, name) => (name === 'first' ? { exit: { after: 1_000, code: 1 } } : {}));
      await world.created(kinds.pods, aPod('a', { initContainers }));
      await world.advance(3);
      expect((await status()).phase).to.equal('Pending');
      expect((await status()).initContainerStatuses![0]!.state.waiting!.reason).to.equal('CrashLoopBackOff');
      expect((await main()).state.waiting!.reason).to.equal('PodInitializing');
    });

    it('is Failed at the first failure with restartPolicy Never', async () => {
      world = await start((_, name) => (name === 'first' ? { exit: { after: 1_000, code: 1 } } : {}));
      await world.created(kinds.pods, aPod('a', { initContainers, restartPolicy: 'Never' }));
      await world.advance(3);
      expect((await status()).phase).to.equal('Failed');
    });

    it('keeps a restartable one running beside the others and stops it after them', async () => {
      world = await start((_, name) => (name === 'main' ? { exit: { after: 60_000, code: 0 } } : {}));
      const sidecar = container({ name: 'proxy', restartPolicy: 'Always' });
      await world.created(kinds.pods, aPod('a', { initContainers: [sidecar], restartPolicy: 'Never' }));
      const proxy = async () => (await status()).initContainerStatuses![0]!.state;
      expect(await proxy()).to.have.property('running');
      expect(await main()).to.include({ ready: true });
      await world.advance(61);
      expect((await status()).phase).to.equal('Succeeded');
      expect(await proxy()).to.have.property('terminated');
    });
  });

  describe('with an image that nobody has', () => {
    it('waits in ErrImagePull and ImagePullBackOff with the words of containerd', async () => {
      world = await start(fixed({ refuse: imageNotFound('example.dev/web:1') }));
      await world.created(kinds.pods, aPod('a'));
      const why =
        'rpc error: code = NotFound desc = failed to pull and unpack image "example.dev/web:1": failed to resolve reference "example.dev/web:1": example.dev/web:1: not found';
      expect((await main()).state.waiting).to.deep.equal({ reason: 'ErrImagePull', message: why });
      expect((await status()).phase).to.equal('Pending');
      await world.advance(2);
      expect((await main()).state.waiting).to.deep.equal({
        reason: 'ImagePullBackOff',
        message: `Back-off pulling image "example.dev/web:1": ErrImagePull: ${why}`,
      });
      expect(await world.events('a')).to.include.members([
        `Failed: Failed to pull image "example.dev/web:1": ${why}`,
        'Failed: Error: ErrImagePull',
        'BackOff: Back-off pulling image "example.dev/web:1"',
        'Failed: Error: ImagePullBackOff',
      ]);
    });

    it('comes up once the image is there', async () => {
      let there = false;
      world = await start(() => (there ? {} : { refuse: imageNotFound('example.dev/web:1') }));
      await world.created(kinds.pods, aPod('a'));
      await world.advance(5);
      there = true;
      await world.advance(10);
      expect((await status()).phase).to.equal('Running');
      expect(await main()).to.include({ restartCount: 0 });
    });
  });

  it('reports a container that cannot be made', async () => {
    world = await start(fixed({ refuse: { refuse: 'create', message: 'no such device' } }));
    await world.created(kinds.pods, aPod('a'));
    expect((await main()).state.waiting).to.deep.equal({ reason: 'CreateContainerError', message: 'no such device' });
    expect(await world.events('a')).to.include('Failed: Error: no such device');
  });

  it('counts a command that cannot run as an exit with 128', async () => {
    world = await start(
      fixed({ refuse: { refuse: 'start', message: 'exec: "vllm": executable file not found in $PATH' } }),
    );
    await world.created(kinds.pods, aPod('a'));
    await world.advance(1);
    expect((await main()).state.waiting!.reason).to.equal('CrashLoopBackOff');
    expect((await main()).lastState.terminated).to.include({ exitCode: 128, reason: 'StartError' });
  });

  it('shows what a program printed that rejects its own flags', async () => {
    world = await start(fixed({ refuse: { refuse: 'exit', code: 2, message: 'unrecognized arguments: --bogus' } }));
    await world.created(kinds.pods, aPod('a', { restartPolicy: 'Never' }));
    expect((await status()).phase).to.equal('Failed');
    expect((await main()).state.terminated).to.include({ exitCode: 2 });
  });

  for (const [what, spec, message] of [
    [
      'ConfigMap',
      { env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'settings', key: 'x' } } }] },
      'configmap "settings" not found',
    ],
    [
      'Secret',
      { env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'token', key: 'x' } } }] },
      'secret "token" not found',
    ],
    ['ConfigMap of envFrom', { envFrom: [{ configMapRef: { name: 'settings' } }] }, 'configmap "settings" not found'],
  ] as const) {
    it(`waits in CreateContainerConfigError for a ${what} that is missing, and goes on when it comes`, async () => {
      world = await start(fixed({}));
      await world.created(kinds.pods, aPod('a', { containers: [container(spec)] }));
      expect((await main()).state.waiting).to.deep.equal({ reason: 'CreateContainerConfigError', message });
      const secret = what === 'Secret';
      await world.created(secret ? kinds.secrets : kinds.configMaps, {
        apiVersion: 'v1',
        kind: secret ? 'Secret' : 'ConfigMap',
        metadata: { name: secret ? 'token' : 'settings', namespace: 'default' },
        data: { x: secret ? 'eA==' : 'x' },
      });
      await world.advance(11);
      expect((await status()).phase).to.equal('Running');
    });
  }

  it('waits for the ConfigMap of a volume and says FailedMount', async () => {
    world = await start(fixed({}));
    await world.created(kinds.pods, aPod('a', { volumes: [{ name: 'conf', configMap: { name: 'settings' } }] }));
    expect((await main()).state.waiting!.reason).to.equal('ContainerCreating');
    expect(await world.events('a')).to.include(
      'FailedMount: MountVolume.SetUp failed for volume "conf" : configmap "settings" not found',
    );
    await world.created(kinds.configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace: 'default' },
    });
    await world.advance(2);
    expect((await status()).phase).to.equal('Running');
  });

  it('gets its grace period before it is killed', async () => {
    world = await start(fixed({ ignoresTerm: true }));
    const made = await world.created(kinds.pods, aPod('a', { terminationGracePeriodSeconds: 45 }));
    await world.deleted(kinds.pods, made);
    await world.advance(44);
    expect((await status()).phase).to.equal('Running');
    expect((await pod()).metadata.deletionGracePeriodSeconds).to.equal(45);
    await world.advance(2);
    expect(await world.find(kinds.pods, 'a')).to.equal(undefined);
  });

  it('goes at once when it obeys', async () => {
    world = await start(fixed({}));
    const made = await world.created(kinds.pods, aPod('a'));
    await world.deleted(kinds.pods, made);
    expect(await world.find(kinds.pods, 'a')).to.equal(undefined);
  });

  it('shows its last exit while a finalizer holds it', async () => {
    world = await start(fixed({}));
    const made = await world.created(kinds.pods, aPod('a', {}, { finalizers: ['example.dev/hold'] }));
    await world.deleted(kinds.pods, made);
    expect((await main()).state.terminated).to.include({ exitCode: 143, signal: 15 });
    expect((await status()).phase).to.equal('Failed');
  });

  it('is ended by activeDeadlineSeconds', async () => {
    world = await start(fixed({}));
    await world.created(kinds.pods, aPod('a', { activeDeadlineSeconds: 20, restartPolicy: 'Never' }));
    await world.advance(21);
    expect(await status()).to.include({ phase: 'Failed', reason: 'DeadlineExceeded' });
  });

  it('is a new pod when one of the same name is made again', async () => {
    world = await start(fixed({}));
    const first = await world.created(kinds.pods, aPod('a'));
    await world.deleted(kinds.pods, first, { gracePeriodSeconds: 0 });
    await world.created(kinds.pods, aPod('a'));
    expect((await status()).phase).to.equal('Running');
    expect((await pod()).metadata.uid).not.to.equal(first.metadata.uid);
  });
});
