import { ApiServer, type AuditEvent, audit, faults, VirtualClock } from '@kaito-sdk/devcluster';
import { expect } from 'chai';

const path = '/api/v1/namespaces/default/configmaps';

describe('the audit of requests', () => {
  let clock: VirtualClock;
  let server: ApiServer;
  let events: AuditEvent[];
  beforeEach(() => {
    clock = new VirtualClock();
    server = new ApiServer({ clock });
    events = [];
    server.middlewares.unshift(audit(clock, (event) => events.push(event)));
  });
  const request = (method: string, at: string, body?: string, headers: Record<string, string> = {}) =>
    server.transport.request({ method, path: at, headers, ...(body === undefined ? {} : { body }) });

  it('says who asked what of which object, and what was answered', async () => {
    await request('POST', path, '{"metadata":{"name":"a"}}', { 'user-agent': 'mine/1.0' });
    await request('PATCH', '/apis/apps/v1/namespaces/default/deployments/none/status?force=true', '{}');
    await request('GET', '/version');
    expect(events.map(({ verb, responseStatus }) => `${verb} ${responseStatus.code}`)).to.deep.equal([
      'create 201',
      'patch 415',
      'get 200',
    ]);
    expect(events[0]).to.deep.include({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'Metadata',
      stage: 'ResponseComplete',
      requestURI: path,
      userAgent: 'mine/1.0',
      objectRef: { resource: 'configmaps', namespace: 'default', apiVersion: 'v1' },
    });
    expect(events[0]?.user.username).to.equal('kubernetes-admin');
    expect(events[1]?.objectRef).to.deep.equal({
      resource: 'deployments',
      namespace: 'default',
      name: 'none',
      apiGroup: 'apps',
      apiVersion: 'v1',
      subresource: 'status',
    });
    expect(events[2]).not.to.have.property('objectRef');
  });

  it('tells of a watch when it opens and when it ends', async () => {
    const { body } = await request('GET', `${path}?watch=true&timeoutSeconds=60`);
    expect(events.map(({ stage }) => stage)).to.deep.equal(['ResponseStarted']);
    const read = (async () => {
      for await (const _ of body);
    })();
    await clock.advance(60_000);
    await read;
    expect(events.map(({ verb, stage }) => `${verb} ${stage}`)).to.deep.equal([
      'watch ResponseStarted',
      'watch ResponseComplete',
    ]);
    expect(events[1]?.auditID).to.equal(events[0]?.auditID);
    const seconds = (event?: AuditEvent) => Date.parse(event?.stageTimestamp ?? '') / 1000;
    expect(seconds(events[1]) - seconds(events[0])).to.equal(60);
  });

  it('sees the faults that are injected', async () => {
    const fault = { kind: 'answer', status: 503, reason: 'ServiceUnavailable' } as const;
    server.middlewares.push(faults(clock, [{ fault }]));
    await request('GET', path);
    expect(events[0]?.responseStatus.code).to.equal(503);
  });
});
