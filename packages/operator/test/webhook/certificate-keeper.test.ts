import { type KubeObject, RestClient, SECRETS, silentLog } from '@kaito-sdk/core';
import { DevCluster, VirtualClock } from '@kaito-sdk/devcluster';
import { CertificateKeeper, type ServingCertificate } from '@kaito-sdk/operator';
import { expect } from 'chai';
import { MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS } from '../../dist/webhook/certificate-keeper.js';

const HOUR = 60 * 60 * 1000;

describe('the keeper of the certificate', () => {
  let clock: VirtualClock;
  let cluster: DevCluster;
  let client: RestClient;
  let served: ServingCertificate[];

  beforeEach(async () => {
    clock = new VirtualClock(Date.UTC(2026, 0, 1));
    cluster = await DevCluster.start({ clock });
    client = new RestClient({ transport: cluster.transport, clock, random: () => 0.5, fieldManager: 'test' });
    served = [];
    await client.create(SECRETS, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'hook', namespace: 'default' },
    } as KubeObject);
    for (const kind of [VALIDATING_WEBHOOKS, MUTATING_WEBHOOKS]) await client.create(kind, configuration(kind.kind));
  });
  afterEach(() => cluster.stop());

  const keeper = (name = 'hook') =>
    new CertificateKeeper({
      client,
      clock,
      log: silentLog,
      namespace: 'default',
      secret: name,
      service: 'hook',
      configuration: 'hook',
      use: (certificate) => served.push(certificate),
    });
  const bundles = async () =>
    Promise.all(
      [VALIDATING_WEBHOOKS, MUTATING_WEBHOOKS].map(async (kind) => {
        const live = await client.get(kind, undefined, 'hook');
        const { webhooks } = live as unknown as { webhooks: { clientConfig: { caBundle?: string } }[] };
        return webhooks[0]?.clientConfig.caBundle;
      }),
    );
  const secret = async () => (await client.get(SECRETS, 'default', 'hook'))?.data as Record<string, string>;

  it('stores the certificate, publishes the authority, and then serves it', async () => {
    await keeper().pass();
    const { 'ca.crt': authority, 'tls.crt': certificate } = await secret();
    expect(await bundles()).to.deep.equal([authority, authority]);
    expect(served.map((one) => Buffer.from(one.certificate).toString('base64'))).to.deep.equal([certificate]);
  });

  it('leaves the rest of a webhook as it is', async () => {
    await keeper().pass();
    const live = await client.get(VALIDATING_WEBHOOKS, undefined, 'hook');
    expect(live?.webhooks).to.have.nested.property('[0].failurePolicy', 'Ignore');
    expect(live?.webhooks).to.have.nested.property('[0].clientConfig.service.name', 'hook');
  });

  it('writes nothing when it starts again, and serves the same', async () => {
    await keeper().pass();
    const before = await Promise.all([secret(), bundles()]);
    await keeper().pass();
    expect(await Promise.all([secret(), bundles()])).to.deep.equal(before);
    expect(served[1]).to.deep.equal(served[0]);
  });

  it('is one for all replicas, whoever comes first', async () => {
    await Promise.all([keeper().pass(), keeper().pass(), keeper().pass()]);
    const { 'tls.crt': certificate } = await secret();
    expect(new Set(served.map((one) => Buffer.from(one.certificate).toString('base64')))).to.deep.equal(
      new Set([certificate]),
    );
  });

  it('renews while it runs, and heals an authority that somebody took away', async () => {
    await keeper().pass();
    const first = await secret();
    const stop = new AbortController();
    keeper().run(stop.signal);
    await clock.advance(1);
    await client.merge(VALIDATING_WEBHOOKS, undefined, 'hook', configuration('ValidatingWebhookConfiguration'));
    expect((await bundles())[0]).to.equal(undefined);
    await clock.advance(HOUR);
    expect(await bundles()).to.deep.equal([first['ca.crt'], first['ca.crt']]);
    const before = served.length;
    await clock.advance(61 * 24 * HOUR);
    // Keys are made outside of virtual time.
    while (served.length <= before || served.at(-1)?.certificate === served[0]?.certificate) {
      await new Promise((resolve) => setImmediate(resolve));
      await clock.advance(HOUR);
    }
    expect((await secret())['tls.crt']).not.to.equal(first['tls.crt']);
    stop.abort();
  });

  it('says which Secret is missing, and who makes it', async () => {
    const error = await keeper('none')
      .pass()
      .catch((one: Error) => one);
    expect(String(error)).to.match(/there is no Secret default\/none .*the Helm chart makes it/);
  });
});

function configuration(kind: string): KubeObject {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name: 'hook' },
    webhooks: [
      {
        name: 'hook.kaito.sh',
        clientConfig: { service: { namespace: 'default', name: 'hook', path: '/x', port: 9443 } },
        rules: [{ apiGroups: ['kaito.sh'], apiVersions: ['*'], operations: ['CREATE'], resources: ['workspaces'] }],
        failurePolicy: 'Ignore',
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
      },
    ],
  } as unknown as KubeObject;
}
