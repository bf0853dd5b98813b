import {
  ArmError,
  type ArmRequest,
  armFaults,
  kinds,
  type SimulatedArm,
  type SimulatedArmOptions,
} from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { World } from '../support/world.js';

const T4 = 'Standard_NC4as_T4_v3';
const CPU = 'Standard_D4s_v5';
const options: SimulatedArmOptions = {
  instances: {
    [T4]: { cpu: 4, memory: '28Gi', gpus: 1 },
    [CPU]: { cpu: 4, memory: '16Gi' },
  },
  prices: { [T4]: 0.526 },
  delays: { launch: 120_000, join: 60_000, gpu: 120_000, terminate: 30_000 },
};

/** What is read of the bodies. */
interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: {
    readonly code?: string;
    readonly message?: string;
    readonly error?: { readonly code: string };
    readonly status?: string;
    readonly properties: {
      readonly provisioningState: string;
      readonly status: { readonly provisioningError: { readonly code: string } };
    };
    readonly value: readonly {
      readonly name: string;
      readonly restrictions: readonly { readonly reasonCode: string }[];
    }[];
  };
}

describe('the simulated Azure Resource Manager', () => {
  let world: World;
  afterEach(() => world.stop());

  const start = async (more: Partial<SimulatedArmOptions> = {}): Promise<SimulatedArm> => {
    world = await World.start({ nodes: [], arm: { ...options, ...more } });
    return world.cluster.arm!;
  };
  const send = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
    const arm = world.cluster.arm!;
    const { subscriptionId, resourceGroup, name } = arm.cluster;
    const base = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${name}`;
    const url = new URL(`https://arm.example${path.startsWith('/') ? path : `${base}/${path}`}`);
    if (!url.searchParams.has('api-version')) url.searchParams.set('api-version', '2026-06-01');
    const request: ArmRequest = {
      method,
      url,
      headers: { authorization: 'Bearer simulated', ...headers },
      body: body === undefined ? '' : JSON.stringify(body),
    };
    const response = await arm.handle(request);
    await world.cluster.settled();
    return response as Answer;
  };
  const put = (name = 'ws1', properties: object = {}, headers = {}) =>
    send('PUT', `agentPools/${name}`, { properties: { count: 1, vmSize: T4, ...properties } }, headers);
  const pool = (name = 'ws1') => send('GET', `agentPools/${name}`);
  const state = async (name = 'ws1') => (await pool(name)).body.properties.provisioningState;
  const code = ({ body }: Answer) => body.code ?? body.error?.code;
  const nodes = () => world.all(kinds.nodes);

  it('takes a pool from Creating to Succeeded while its machine becomes a node, each at its time', async () => {
    const arm = await start();
    const { status, headers, body } = await put('ws1', {
      nodeLabels: { apps: 'phi' },
      nodeTaints: ['sku=gpu:NoSchedule'],
    });
    expect([status, body.properties.provisioningState]).to.deep.equal([201, 'Creating']);
    const operation = new URL(headers['azure-asyncoperation']!).pathname;
    expect((await send('GET', operation)).body.status).to.equal('InProgress');
    expect(arm.meter.bill().lines).to.deep.equal([]);
    await world.advance(121);
    expect(arm.meter.bill().lines.map(({ machine, running }) => [machine, running])).to.deep.equal([['ws1', true]]);
    expect(await nodes()).to.deep.equal([]);
    await world.advance(60);
    expect(await state()).to.equal('Succeeded');
    expect((await send('GET', operation)).body.status).to.equal('Succeeded');
    const [node] = await nodes();
    expect(node!.metadata.name).to.equal('aks-ws1-12345678-vmss000000');
    expect(node!.metadata.labels).to.include({
      apps: 'phi',
      agentpool: 'ws1',
      'kubernetes.azure.com/agentpool': 'ws1',
      'kubernetes.azure.com/mode': 'user',
      'node.kubernetes.io/instance-type': T4,
      accelerator: 'nvidia',
    });
    expect(node!.spec!.taints).to.deep.equal([{ key: 'sku', value: 'gpu', effect: 'NoSchedule' }]);
    expect(node!.status!.allocatable).to.not.have.property('nvidia.com/gpu');
    await world.advance(120);
    expect((await nodes())[0]!.status!.allocatable).to.include({ 'nvidia.com/gpu': '1' });
  });

  it('deletes a pool in its time, with its node, and bills to the end', async () => {
    const arm = await start();
    await put();
    await world.advance(200);
    const { status, headers } = await send('DELETE', 'agentPools/ws1');
    expect([status, await state()]).to.deep.equal([202, 'Deleting']);
    expect(headers).to.have.property('location');
    await world.advance(31);
    const gone = await pool();
    expect([gone.status, code(gone)]).to.deep.equal([404, 'NotFound']);
    expect(await nodes()).to.deep.equal([]);
    const [line] = arm.meter.bill().lines;
    expect([line!.running, line!.seconds]).to.deep.equal([false, 110]);
    expect((await send('DELETE', 'agentPools/ws1')).status).to.equal(404);
  });

  it('bills beside a simulated Karpenter on one meter', async () => {
    world = await World.start({ nodes: [], arm: options, karpenter: { instances: {}, prices: { [T4]: 1 } } });
    await put();
    await world.advance(121 + 3600);
    expect(world.cluster.karpenter!.meter.bill().total).to.be.closeTo(1, 0.01);
  });

  describe('refuses', () => {
    it('strangers, other clusters, and requests without an API version', async () => {
      await start();
      expect((await send('GET', 'agentPools', undefined, { authorization: 'Bearer other' })).status).to.equal(401);
      const path = (group: string, name: string) =>
        `/subscriptions/${world.cluster.arm!.cluster.subscriptionId}/resourceGroups/${group}/providers/Microsoft.ContainerService/managedClusters/${name}/agentPools`;
      expect(code(await send('GET', path('other', 'devcluster')))).to.equal('ResourceGroupNotFound');
      expect(code(await send('GET', path('devcluster', 'other')))).to.equal('ResourceNotFound');
      const bare = new URL(`https://arm.example${path('devcluster', 'devcluster')}`);
      const answer = await world.cluster.arm!.handle({
        method: 'GET',
        url: bare,
        headers: { authorization: 'Bearer simulated' },
        body: '',
      });
      expect(answer.status).to.equal(400);
    });

    for (const [title, name, properties, wanted] of [
      ['a name that is too long', 'ws12345678901', {}, 'InvalidParameter'],
      ['a name with a capital', 'Ws1', {}, 'InvalidParameter'],
      ['a pool without a size', 'ws1', { vmSize: '' }, 'InvalidParameter'],
      ['a size that does not exist', 'ws1', { vmSize: 'Standard_Nothing' }, 'VMSizeNotSupported'],
      ['a label of AKS itself', 'ws1', { nodeLabels: { 'kubernetes.azure.com/mine': 'x' } }, 'InvalidParameter'],
      ['a label value with a colon', 'ws1', { nodeLabels: { at: '12:00' } }, 'InvalidParameter'],
      ['a taint without an effect', 'ws1', { nodeTaints: ['sku=gpu'] }, 'InvalidParameter'],
    ] as const) {
      it(title, async () => {
        await start();
        const answer = await put(name, properties);
        expect([answer.status, code(answer)]).to.deep.equal([400, wanted]);
        expect(world.cluster.arm!.pools.size).to.equal(0);
      });
    }

    it('a change of what cannot change, and takes any other', async () => {
      await start();
      await put();
      await world.advance(200);
      expect(code(await put('ws1', { vmSize: CPU }))).to.equal('PropertyChangeNotAllowed');
      expect((await put('ws1', { tags: { a: 'b' } })).status).to.equal(200);
    });

    it('what the etag does not allow', async () => {
      await start();
      await put();
      await world.advance(200);
      expect((await put('ws1', {}, { 'if-none-match': '*' })).status).to.equal(412);
      expect((await send('DELETE', 'agentPools/ws1', undefined, { 'if-match': 'old' })).status).to.equal(412);
      const { etag } = (await pool()).headers;
      expect((await send('DELETE', 'agentPools/ws1', undefined, { 'if-match': etag! })).status).to.equal(202);
    });

    it('a second operation on a pool, and one operation too many on the cluster', async () => {
      await start({ maxOperations: 2 });
      await put('ws1');
      await put('ws2');
      const same = await send('DELETE', 'agentPools/ws1');
      expect([same.status, code(same)]).to.deep.equal([409, 'OperationNotAllowed']);
      const third = await put('ws3');
      expect([third.status, code(third)]).to.deep.equal([409, 'OperationNotAllowed']);
      expect(third.body.message).to.match(/in progress/);
      await world.advance(200);
      expect((await put('ws3')).status).to.equal(201);
    });

    it('more vCPUs than the quota has, and a size that the subscription may not use', async () => {
      await start({ vcpuQuota: 4, skus: [T4] });
      expect(code(await put('ws1', { vmSize: CPU }))).to.equal('BadRequest');
      await put('ws1');
      expect(code(await put('ws2'))).to.equal('ErrCode_InsufficientVCPUQuota');
    });

    it('what is scripted, once, and with Retry-After when it throttles', async () => {
      const arm = await start();
      arm.failNext(armFaults.policy(), armFaults.throttled(7));
      expect(code(await put())).to.equal('RequestDisallowedByPolicy');
      const throttled = await put();
      expect([throttled.status, throttled.headers['retry-after']]).to.deep.equal([429, '7']);
      expect((await put()).status).to.equal(201);
      arm.interrupt(new ArmError(503, 'ServiceUnavailable', 'down'));
      expect((await pool()).status).to.equal(503);
      expect((await pool()).status).to.equal(200);
    });
  });

  describe('fails later', () => {
    it('where no machine is left of a type or in a zone: the pool says why, and costs nothing', async () => {
      const arm = await start({ capacity: { [T4]: { 1: 1, 2: 0 }, [CPU]: 0 } });
      await put('ws1', { availabilityZones: ['1'] });
      await put('ws2', { availabilityZones: ['2'] });
      await put('ws3', { vmSize: CPU });
      await world.advance(200);
      expect(await Promise.all(['ws1', 'ws2', 'ws3'].map(state))).to.deep.equal(['Succeeded', 'Failed', 'Failed']);
      const why = async (name: string) => (await pool(name)).body.properties.status.provisioningError.code;
      expect([await why('ws2'), await why('ws3')]).to.deep.equal(['ZonalAllocationFailed', 'AllocationFailed']);
      expect(arm.meter.bill().lines.map(({ machine }) => machine)).to.deep.equal(['ws1']);
    });

    it('in the words of a script, which the operation tells too', async () => {
      const arm = await start();
      arm.failNext(armFaults.quotaLater());
      const { headers } = await put();
      await world.advance(200);
      const { body } = await send('GET', new URL(headers['azure-asyncoperation']!).pathname);
      expect([body.status, body.error?.code]).to.deep.equal(['Failed', 'OperationNotAllowed']);
    });

    for (const [kind, wanted] of [
      ['never-launches', { state: 'Creating', billed: 0, nodes: 0 }],
      ['stuck', { state: 'Creating', billed: 1, nodes: 0 }],
      ['never-joins', { state: 'Succeeded', billed: 1, nodes: 0 }],
      ['never-shows-gpu', { state: 'Succeeded', billed: 1, nodes: 1 }],
    ] as const) {
      it(`as ${kind}, however long one waits`, async () => {
        const arm = await start();
        arm.failNext({ kind });
        await put();
        await world.advance(24 * 3600);
        const billed = arm.meter.bill().lines.length;
        expect({ state: await state(), billed, nodes: (await nodes()).length }).to.deep.equal(wanted);
        for (const node of await nodes()) expect(node.status!.allocatable).to.not.have.property('nvidia.com/gpu');
      });
    }

    it('when it deletes: it hangs, or leaves the node behind', async () => {
      const arm = await start();
      await put('ws1');
      await put('ws2');
      await world.advance(400);
      arm.failNextDelete({ kind: 'stuck' }, { kind: 'leaves-node' });
      await send('DELETE', 'agentPools/ws1');
      await send('DELETE', 'agentPools/ws2');
      await world.advance(3600);
      expect([...arm.pools]).to.deep.equal([['ws1', 'Deleting']]);
      expect((await nodes()).map(({ metadata }) => metadata.labels!.agentpool).sort()).to.deep.equal(['ws1', 'ws2']);
    });
  });

  it('ends a creation on request, after which the pool can be deleted', async () => {
    const arm = await start();
    arm.failNext({ kind: 'stuck' });
    await put();
    await world.advance(200);
    expect((await send('DELETE', 'agentPools/ws1')).status).to.equal(409);
    expect((await send('POST', 'agentPools/ws1/abort')).status).to.equal(202);
    expect(await state()).to.equal('Canceled');
    expect((await send('DELETE', 'agentPools/ws1')).status).to.equal(202);
    await world.advance(60);
    expect(arm.meter.bill().lines.filter(({ running }) => running)).to.deep.equal([]);
  });

  it('takes a machine away, as spot machines go: the pool stays, the node and the bill end', async () => {
    const arm = await start();
    await put('ws1', { scaleSetPriority: 'Spot' });
    await world.advance(400);
    const [node] = await nodes();
    expect(node!.metadata.labels).to.include({ 'kubernetes.azure.com/scalesetpriority': 'spot' });
    expect(node!.spec!.taints).to.deep.include({
      key: 'kubernetes.azure.com/scalesetpriority',
      value: 'spot',
      effect: 'NoSchedule',
    });
    await arm.lose('ws1');
    await world.advance(60);
    expect([await state(), (await nodes()).length, arm.meter.bill().lines[0]!.running]).to.deep.equal([
      'Succeeded',
      0,
      false,
    ]);
  });

  it('lists the sizes with their restrictions, or refuses the list', async () => {
    await start({ skus: [T4] });
    const skus = () =>
      send(
        'GET',
        `/subscriptions/${world.cluster.arm!.cluster.subscriptionId}/providers/Microsoft.Compute/skus?api-version=2021-07-01`,
      );
    const { body } = await skus();
    const restricted = body.value.map(({ name, restrictions }) => [
      name,
      restrictions.map(({ reasonCode }) => reasonCode),
    ]);
    expect(restricted).to.deep.equal([
      [T4, []],
      [CPU, ['NotAvailableForSubscription']],
    ]);
    await world.stop();
    await start({ skus: 'forbidden' });
    expect((await skus()).status).to.equal(403);
  });

  it('gives a token to whoever brings an assertion, and to nobody else', async () => {
    const arm = await start();
    const ask = (form: Record<string, string>) =>
      arm.handle({
        method: 'POST',
        url: new URL('https://arm.example/tenant/oauth2/v2.0/token'),
        headers: {},
        body: new URLSearchParams(form).toString(),
      });
    expect((await ask({ grant_type: 'client_credentials', client_assertion: 'signed' })).body).to.include({
      access_token: 'simulated',
    });
    expect((await ask({ grant_type: 'client_credentials', client_secret: 'secret' })).status).to.equal(400);
  });

  it('answers over HTTPS too, and closes its port with the cluster', async () => {
    const arm = await start();
    const { url, caPem } = await arm.listen();
    const { request } = await import('node:https');
    const get = () =>
      new Promise<number | undefined>((resolve, reject) => {
        const sent = request(
          `${url}/subscriptions/x?api-version=1`,
          { ca: caPem, headers: { authorization: 'Bearer simulated' } },
          (response) => {
            response.resume();
            response.on('end', () => resolve(response.statusCode));
          },
        );
        sent.on('error', reject);
        sent.end();
      });
    expect(await get()).to.equal(404);
    await world.stop();
    expect(await get().catch((error: Error) => error)).to.be.instanceOf(Error);
  });
});
