import { request } from 'node:https';
import { Metrics, silentLog, systemClock } from '@kaito-sdk/core';
import { renewed, WebhookServer } from '@kaito-sdk/operator';
import { expect } from 'chai';

const NAME = 'hook.kaito.svc';

describe('the webhook server', () => {
  let server: WebhookServer;
  let port: number;
  let ca: string;
  let metrics: Metrics;

  beforeEach(async () => {
    metrics = new Metrics();
    server = new WebhookServer({
      admissions: {
        '/echo': ({ uid }) => ({ uid, allowed: true }),
        '/broken': () => {
          throw new Error('boom');
        },
      },
      clock: systemClock,
      log: silentLog,
      metrics,
    });
    port = await server.listen(0, '127.0.0.1');
  });
  afterEach(() => server.close());

  async function certified(): Promise<void> {
    const set = await renewed(undefined, [NAME], systemClock.now());
    ca = set.authorities;
    server.use(set);
  }

  function ask(path: string, body: string, method = 'POST'): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        { host: '127.0.0.1', port, path, method, ca, servername: NAME, agent: false },
        (incoming) => {
          let text = '';
          incoming.setEncoding('utf8').on('data', (piece) => {
            text += piece;
          });
          incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text }));
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
  const review = JSON.stringify({ kind: 'AdmissionReview', request: { uid: 'u1', operation: 'CREATE' } });

  it('is not ready before it has a certificate', async () => {
    expect(server.ready()).to.include({ name: 'webhooks', ok: false });
    await certified();
    expect(server.ready()).to.deep.equal({ name: 'webhooks', ok: true });
  });

  it('answers a review with a review', async () => {
    await certified();
    const { status, text } = await ask('/echo', review);
    expect(status).to.equal(200);
    expect(JSON.parse(text)).to.deep.equal({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: 'u1', allowed: true },
    });
  });

  it('takes a new certificate without a break', async () => {
    await certified();
    const before = ca;
    await certified();
    expect(ca).not.to.equal(before);
    expect((await ask('/echo', review)).status).to.equal(200);
    ca = before;
    const error = await ask('/echo', review).catch((one: Error) => one);
    expect(String(error)).to.match(/certificate/);
  });

  for (const [title, path, body, method, code] of [
    ['a path nobody serves', '/other', review, 'POST', 404],
    ['a path of Object', '/__proto__', review, 'POST', 404],
    ['a GET', '/echo', '', 'GET', 405],
    ['no JSON', '/echo', '{', 'POST', 400],
    ['another kind', '/echo', '{"kind":"Pod"}', 'POST', 400],
    ['null', '/echo', 'null', 'POST', 400],
    ['more than any object can have', '/echo', 'x'.repeat(8 * 2 ** 20 + 1), 'POST', 413],
    ['what its admission cannot bear', '/broken', review, 'POST', 500],
  ] as const) {
    it(`answers ${title} with ${code}`, async () => {
      await certified();
      expect((await ask(path, body, method)).status).to.equal(code);
    });
  }

  it('counts under the names that controller-runtime made known', async () => {
    await certified();
    await ask('/echo', review);
    await ask('/broken', review);
    const text = metrics.expose();
    expect(text).to.match(/^controller_runtime_webhook_requests_total\{webhook="\/echo",code="200"\} 1$/m);
    expect(text).to.match(/^controller_runtime_webhook_requests_total\{webhook="\/broken",code="500"\} 1$/m);
    expect(text).to.match(/^controller_runtime_webhook_requests_in_flight\{webhook="\/echo"\} 0$/m);
    expect(text).to.match(/^controller_runtime_webhook_latency_seconds_count\{webhook="\/echo"\} 1$/m);
  });
});
