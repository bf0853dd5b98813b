import { ApiError, ApiServer, type KubeObject, type Middleware } from '@kaito-sdk/devcluster';
import { expect } from 'chai';

const configMaps = { group: '', version: 'v1', plural: 'configmaps' };
const pods = { group: '', version: 'v1', plural: 'pods' };
const namespaces = { group: '', version: 'v1', plural: 'namespaces' };

const configMap = (name: string, data = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
});

async function failure(work: Promise<unknown>): Promise<ApiError> {
  try {
    await work;
  } catch (error) {
    if (ApiError.is(error)) return error;
    throw error;
  }
  throw new Error('it went well');
}

describe('the client in process', () => {
  it('hands out frozen objects, and leaves alone those it is given', async () => {
    const { client } = new ApiServer();
    const given = configMap('a', { k: 'v' });
    const made = await client.create(configMaps, given);
    expect(given.metadata).not.to.have.property('uid');
    expect(Object.isFrozen(made) && Object.isFrozen(made.metadata) && Object.isFrozen(made.data)).to.equal(true);
    expect(await client.get(configMaps, 'default', 'a')).to.equal(made);
  });

  it('answers undefined for what is not there, and throws Statuses for the rest', async () => {
    const { client } = new ApiServer();
    expect(await client.get(configMaps, 'default', 'nope')).to.equal(undefined);
    expect(await client.delete(configMaps, 'default', 'nope')).to.equal(undefined);
    expect((await failure(client.merge(configMaps, 'default', 'nope', {}))).reason).to.equal('NotFound');
    await client.create(configMaps, configMap('a'));
    expect((await failure(client.create(configMaps, configMap('a')))).reason).to.equal('AlreadyExists');
    expect((await failure(client.get({ group: 'x', version: 'v1', plural: 'y' }, 'a', 'b'))).code).to.equal(404);
    expect((await failure(client.update(configMaps, configMap('a'), 'nope'))).code).to.equal(404);
  });

  it('tells a watcher what is there and then every change in order, until it is stopped', async () => {
    const { client } = new ApiServer();
    await client.create(configMaps, configMap('a'));
    const seen: string[] = [];
    const stop = client.watch(configMaps, { namespace: 'default' }, (event) =>
      seen.push(`${event.type} ${event.object.metadata.name}`),
    );
    await client.create(configMaps, configMap('b'));
    await client.merge(configMaps, 'default', 'a', { data: { x: '1' } });
    await client.delete(configMaps, 'default', 'b');
    expect(seen).to.deep.equal(['ADDED a', 'ADDED b', 'MODIFIED a', 'DELETED b']);
    stop();
    await client.create(configMaps, configMap('c'));
    expect(seen).to.have.length(4);
  });

  it('keeps the order for a watcher that writes from within its handler', async () => {
    const { client } = new ApiServer();
    const first: string[] = [];
    const second: string[] = [];
    client.watch(configMaps, {}, ({ type, object }) => {
      first.push(object.metadata.name);
      if (type === 'ADDED' && object.metadata.name === 'a') void client.create(configMaps, configMap('b'));
    });
    client.watch(configMaps, {}, ({ object }) => second.push(object.metadata.name));
    await client.create(configMaps, configMap('a'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(first).to.deep.equal(['a', 'b']);
    expect(second).to.deep.equal(['a', 'b']);
  });

  it('binds pods, scales workloads and finalizes namespaces through their subresources', async () => {
    const { client } = new ApiServer();
    const meta = { name: 'p', namespace: 'default' };
    await client.create(pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: meta,
      spec: { containers: [{ name: 'c', image: 'i' }] },
    });
    const bound = await client.update(
      pods,
      { apiVersion: 'v1', kind: 'Binding', metadata: meta, target: { kind: 'Node', name: 'n' } },
      'binding',
    );
    expect(bound.spec).to.include({ nodeName: 'n' });
    await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'x' } });
    const going = await client.delete(namespaces, undefined, 'x');
    expect(going?.status).to.deep.equal({ phase: 'Terminating' });
    await client.update(namespaces, { ...structuredClone(going!), spec: { finalizers: [] } }, 'finalize');
    expect(await client.get(namespaces, undefined, 'x')).to.equal(undefined);
  });
});

describe('what stands around the server', () => {
  it('lets admission refuse a write, whoever makes it, and see both objects', async () => {
    const server = new ApiServer();
    const seen: string[] = [];
    const stop = server.admit(async ({ operation, resource, name, object, oldObject, dryRun }) => {
      if (resource.plural !== 'configmaps') return;
      seen.push(`${operation} ${name} ${object?.metadata.name ?? '-'} ${oldObject?.metadata.name ?? '-'} ${dryRun}`);
      if (name === 'bad') throw ApiError.forbidden(resource, name, 'not this one');
    });
    await server.client.create(configMaps, configMap('a'));
    await server.client.merge(configMaps, 'default', 'a', { data: { x: '1' } });
    await server.client.delete(configMaps, 'default', 'a');
    expect(seen).to.deep.equal(['CREATE a a - false', 'UPDATE a a a false', 'DELETE a - a false']);
    expect((await failure(server.client.create(configMaps, configMap('bad')))).code).to.equal(403);
    const { status } = await server.transport.request({
      method: 'POST',
      path: '/api/v1/namespaces/default/configmaps',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(configMap('bad')),
    });
    expect(status).to.equal(403);
    stop();
    await server.client.create(configMaps, configMap('bad'));
  });

  it('repeats a patch when somebody else wrote while admission was thinking', async () => {
    const server = new ApiServer();
    await server.client.create(configMaps, configMap('a'));
    let first = true;
    server.admit(async ({ operation, resource }) => {
      if (operation !== 'UPDATE' || resource.plural !== 'configmaps' || !first) return;
      first = false;
      await server.client.merge(configMaps, 'default', 'a', { data: { other: '1' } });
    });
    const { data } = await server.client.merge(configMaps, 'default', 'a', { data: { mine: '1' } });
    expect(data).to.deep.equal({ other: '1', mine: '1' });
  });

  it('passes every request through the middlewares, the first one outermost', async () => {
    const server = new ApiServer();
    const passed: string[] = [];
    const named =
      (name: string): Middleware =>
      async (request, next) => {
        passed.push(`${name} ${request.method}`);
        return next(request);
      };
    server.middlewares.push(named('outer'), named('inner'));
    await server.transport.request({ method: 'GET', path: '/version' });
    expect(passed).to.deep.equal(['outer GET', 'inner GET']);
    server.middlewares.push(async () => {
      throw ApiError.of(429, 'TooManyRequests', 'slow down', { retryAfterSeconds: 3 });
    });
    const refused = await server.transport.request({ method: 'GET', path: '/version' });
    expect([refused.status, refused.headers['retry-after']]).to.deep.equal([429, '3']);
  });

  it('starts with four namespaces and the kubernetes Service', async () => {
    const { client } = new ApiServer({ serviceCidr: '10.7.0.0/24' });
    const { items } = await client.list(namespaces);
    expect(items.map((item) => item.metadata.name)).to.deep.equal([
      'default',
      'kube-node-lease',
      'kube-public',
      'kube-system',
    ]);
    const service = await client.get({ group: '', version: 'v1', plural: 'services' }, 'default', 'kubernetes');
    expect(service?.spec).to.include({ clusterIP: '10.7.0.1' });
  });

  it('gives out every address of a small range, and says so when it is used up', async () => {
    const { client } = new ApiServer({ serviceCidr: '10.7.0.0/29' });
    const services = { group: '', version: 'v1', plural: 'services' };
    const make = (name: string): Promise<KubeObject> =>
      client.create(services, {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, namespace: 'default' },
        spec: { ports: [{ port: 80 }] },
      });
    for (const name of ['a', 'b', 'c', 'd', 'e']) await make(name);
    expect((await failure(make('f'))).message).to.contain('range is full');
  });

  it('ends a watch when its signal is aborted, and refuses a request that was aborted before', async () => {
    const { transport } = new ApiServer();
    const abort = new AbortController();
    const { body } = await transport.request({
      method: 'GET',
      path: '/api/v1/configmaps?watch=true',
      signal: abort.signal,
    });
    const reading = (async () => {
      for await (const piece of body) void piece;
      return 'ended';
    })();
    abort.abort(new Error('enough'));
    expect(await reading).to.equal('ended');
    const late = await transport
      .request({ method: 'GET', path: '/api', signal: abort.signal })
      .catch((error: Error) => error.message);
    expect(late).to.equal('enough');
  });
});
