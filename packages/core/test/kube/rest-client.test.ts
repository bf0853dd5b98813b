import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  isAlreadyExists,
  isConflict,
  isInvalid,
  isNotFound,
  KubeError,
  NODES,
  RestClient,
} from '@kaito-sdk/core';
import { VirtualClock } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { ServerUnreachable } from '../../dist/kube/errors.js';
import {
  configMap,
  json,
  listOf,
  ScriptedTransport,
  ScriptedWatch,
  status,
  text,
  unreachable,
} from './support/scripted-transport.js';

const missing = (name: string) => status(404, 'NotFound', { details: { name, kind: 'configmaps' } });

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('it should have failed'),
    (error: unknown) => error,
  );
}

describe('the rest client', () => {
  let transport: ScriptedTransport;
  let clock: VirtualClock;
  let client: RestClient;

  beforeEach(() => {
    transport = new ScriptedTransport();
    clock = new VirtualClock();
    client = new RestClient({ transport, clock, random: () => 0.5, fieldManager: 'widget-operator' });
  });

  it('addresses core and grouped, namespaced and cluster-scoped resources', async () => {
    transport.otherwise(json({ kind: 'X' }));
    await client.get(CONFIG_MAPS, 'default', 'a');
    await client.get(NODES, undefined, 'n');
    await client.get(NODES, 'ignored', 'n');
    await client.get(DEPLOYMENTS, 'default', 'd');
    expect(transport.paths).to.deep.equal([
      '/api/v1/namespaces/default/configmaps/a',
      '/api/v1/nodes/n',
      '/api/v1/nodes/n',
      '/apis/apps/v1/namespaces/default/deployments/d',
    ]);
  });

  it('refuses to address a namespaced object without its namespace', async () => {
    expect(String(await failure(client.get(CONFIG_MAPS, undefined, 'a')))).to.match(/ConfigMap a is namespaced/);
    expect(String(await failure(client.get(CONFIG_MAPS, 'default', '')))).to.match(/needs its name/);
    expect(transport.requests).to.be.empty;
  });

  it('answers undefined for a missing object, and throws for a missing resource', async () => {
    transport.next(missing('a'), text('404 page not found', 404), status(404, 'NotFound'));
    expect(await client.get(CONFIG_MAPS, 'default', 'a')).to.equal(undefined);
    expect(await failure(client.get(CONFIG_MAPS, 'default', 'a'))).to.satisfy(isNotFound);
    expect(await failure(client.get(CONFIG_MAPS, 'default', 'a'))).to.satisfy(isNotFound);
  });

  it('follows the pages of a list and gives its items their kind', async () => {
    const { kind: _k, apiVersion: _v, ...bare } = configMap('a', '1');
    transport.next(
      json({ metadata: { resourceVersion: '7', continue: 'more' }, items: [bare] }),
      listOf('7', [configMap('b', '2')]),
    );
    const { items, resourceVersion } = await client.list(CONFIG_MAPS, { labelSelector: 'app=x' });
    expect(items.map(({ apiVersion, kind, metadata }) => [apiVersion, kind, metadata.name])).to.deep.equal([
      ['v1', 'ConfigMap', 'a'],
      ['v1', 'ConfigMap', 'b'],
    ]);
    expect(resourceVersion).to.equal('7');
    expect(transport.paths[0]).to.equal('/api/v1/configmaps?labelSelector=app%3Dx&limit=500');
    expect(transport.paths[1]).to.contain('continue=more');
  });

  it('lists in one piece when the pages expire under it', async () => {
    transport.next(
      listOf('7', [configMap('a', '1')], 'more'),
      status(410, 'Expired'),
      listOf('9', [configMap('b', '2')]),
    );
    const { items, resourceVersion } = await client.list(CONFIG_MAPS);
    expect([items.length, resourceVersion]).to.deep.equal([1, '9']);
    expect(transport.paths[2]).to.equal('/api/v1/configmaps');
  });

  it('says what is wrong when the answer is not a list', async () => {
    transport.next(json({ hello: 'world' }));
    expect(String(await failure(client.list(CONFIG_MAPS)))).to.match(/did not answer with a list/);
  });

  it('sends each kind of write with its content type, field manager and options', async () => {
    transport.otherwise(json(configMap('a', '1')));
    await client.create(CONFIG_MAPS, configMap('a', ''), { fieldValidation: 'Strict' });
    await client.apply(CONFIG_MAPS, configMap('a', ''), { fieldManager: 'me', dryRun: true });
    await client.apply(CONFIG_MAPS, configMap('a', ''), { fieldManager: 'me', force: false, subresource: 'status' });
    await client.merge(CONFIG_MAPS, 'default', 'a', { data: null }, { subresource: 'status' });
    await client.update(CONFIG_MAPS, configMap('a', '7'), { subresource: 'status' });
    const sent = transport.requests.map(({ method, path, headers }) => [method, path, headers?.['content-type']]);
    const at = '/api/v1/namespaces/default/configmaps';
    expect(sent).to.deep.equal([
      ['POST', `${at}?fieldManager=widget-operator&fieldValidation=Strict`, 'application/json'],
      ['PATCH', `${at}/a?fieldManager=me&force=true&dryRun=All`, 'application/apply-patch+yaml'],
      ['PATCH', `${at}/a/status?fieldManager=me`, 'application/apply-patch+yaml'],
      ['PATCH', `${at}/a/status?fieldManager=widget-operator`, 'application/merge-patch+json'],
      ['PUT', `${at}/a/status?fieldManager=widget-operator`, 'application/json'],
    ]);
    expect(JSON.parse(transport.requests[4]?.body ?? '').metadata.resourceVersion).to.equal('7');
    expect(JSON.parse(transport.requests[3]?.body ?? '')).to.deep.equal({ data: null });
  });

  it('deletes with policy and precondition, and takes a missing or replaced object for deleted', async () => {
    transport.next(json({ kind: 'Status' }), missing('a'), status(409, 'Conflict'), status(409, 'Conflict'));
    expect(await client.delete(CONFIG_MAPS, 'default', 'a', { uid: 'u', propagationPolicy: 'Background' })).to.equal(
      true,
    );
    expect(JSON.parse(transport.requests[0]?.body ?? '')).to.deep.equal({
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      propagationPolicy: 'Background',
      preconditions: { uid: 'u' },
    });
    expect(await client.delete(CONFIG_MAPS, 'default', 'a')).to.equal(false);
    expect(await client.delete(CONFIG_MAPS, 'default', 'a', { uid: 'u' })).to.equal(false);
    expect(await failure(client.delete(CONFIG_MAPS, 'default', 'a'))).to.satisfy(isConflict);
  });

  it('throws what the server said, with fields to ask and a sentence to read', async () => {
    const details = {
      name: 'a',
      kind: 'ConfigMap',
      causes: [{ field: 'data', reason: 'FieldValueInvalid', message: 'no' }],
    };
    transport.next(
      status(422, 'Invalid', { details }),
      status(409, 'AlreadyExists'),
      text('<html>bad gateway</html>', 502),
    );
    const invalid = await failure(client.create(CONFIG_MAPS, configMap('a', '')));
    expect(invalid).to.satisfy(isInvalid);
    expect(KubeError.is(invalid) && invalid.details?.causes?.[0]?.field).to.equal('data');
    expect(String(invalid)).to.match(/POST \/api\/v1\/.* was refused \(422 Invalid\): it is Invalid/);
    const exists = await failure(client.create(CONFIG_MAPS, configMap('a', '')));
    expect([isAlreadyExists(exists), isConflict(exists)]).to.deep.equal([true, false]);
    expect(String(await failure(client.create(CONFIG_MAPS, configMap('a', ''))))).to.contain('502');
  });

  it('waits as long as a 429 asks, then repeats even a create', async () => {
    transport.next(status(429, 'TooManyRequests', {}, { 'retry-after': '3' }), json(configMap('a', '1')));
    const created = client.create(CONFIG_MAPS, configMap('a', ''));
    await clock.advance(2999);
    expect(transport.requests).to.have.length(1);
    await clock.advance(1000);
    expect((await created).metadata.resourceVersion).to.equal('1');
    expect(transport.requests).to.have.length(2);
  });

  it('does not repeat a 429 without Retry-After, which is a refused eviction and not load', async () => {
    transport.next(status(429, 'TooManyRequests'));
    expect(KubeError.is(await failure(client.create(CONFIG_MAPS, configMap('a', ''))))).to.equal(true);
    expect(transport.requests).to.have.length(1);
  });

  it('repeats reads and applies that met 503, but never a create that may have happened', async () => {
    transport.next(
      status(503, 'ServiceUnavailable'),
      json(configMap('a', '1')),
      status(503, 'ServiceUnavailable'),
      json(configMap('a', '1')),
    );
    const read = client.get(CONFIG_MAPS, 'default', 'a');
    await clock.advance(1000);
    await read;
    const applied = client.apply(CONFIG_MAPS, configMap('a', ''), { fieldManager: 'me' });
    await clock.advance(1000);
    await applied;
    transport.next(status(503, 'ServiceUnavailable'));
    await failure(client.create(CONFIG_MAPS, configMap('a', '')));
    expect(transport.requests).to.have.length(5);
  });

  it('gives up in the end, with the last refusal', async () => {
    transport.otherwise(status(503, 'ServiceUnavailable'));
    const refused = failure(client.get(CONFIG_MAPS, 'default', 'a'));
    await clock.advance(60_000);
    expect(KubeError.is(await refused)).to.equal(true);
    expect(transport.requests).to.have.length(7);
  });

  it('repeats a read that got no answer, and tells a writer that there was none', async () => {
    transport.next(unreachable(), json(configMap('a', '1')), unreachable('socket hang up'));
    const read = client.get(CONFIG_MAPS, 'default', 'a');
    await clock.advance(1000);
    expect((await read)?.metadata.name).to.equal('a');
    const lost = await failure(client.create(CONFIG_MAPS, configMap('a', '')));
    expect(ServerUnreachable.is(lost)).to.equal(true);
    expect(String(lost)).to.contain('socket hang up');
  });

  it('takes silence for no answer', async () => {
    const never = new ScriptedWatch();
    transport.next(never.answer);
    const lost = failure(client.create(CONFIG_MAPS, configMap('a', '')));
    await clock.advance(60_000);
    expect(String(await lost)).to.contain('no answer in 60000 ms');
    expect(clock.pending).to.equal(0);
  });

  it('stops waiting when it is told to, with the reason it was given', async () => {
    transport.otherwise(status(429, 'TooManyRequests', {}, { 'retry-after': '30' }));
    const abort = new AbortController();
    const refused = failure(client.list(CONFIG_MAPS, { signal: abort.signal }));
    await clock.settle();
    abort.abort(new Error('shutting down'));
    expect(String(await refused)).to.equal('Error: shutting down');
    expect(clock.pending).to.equal(0);
  });

  it('passes on what the server warns about', async () => {
    const warnings: string[] = [];
    client = new RestClient({ transport, clock, random: () => 0, onWarning: (warning) => warnings.push(warning) });
    transport.next(json(configMap('a', '1'), 200, { warning: '299 - "unknown field \\"spec.x\\""' }));
    await client.get(CONFIG_MAPS, 'default', 'a');
    expect(warnings).to.have.length(1);
  });
});
