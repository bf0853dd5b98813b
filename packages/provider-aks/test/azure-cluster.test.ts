import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArmError, type ArmListening, DevCluster } from '@kaito-sdk/devcluster';
import { type AksSettings, ArmFailure, type AzureCluster, azureCluster, classified } from '@kaito-sdk/provider-aks';
import { simulatedCredential } from '@kaito-sdk/provider-aks/testing';
import { expect } from 'chai';

const T4 = 'Standard_NC4as_T4_v3';

describe('Azure through its own SDK, over TLS', () => {
  let cluster: DevCluster;
  let listening: ArmListening;
  let folder: string;
  let settings: AksSettings;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaito-azure-'));
    cluster = await DevCluster.start({
      arm: {
        instances: {
          [T4]: { cpu: 4, memory: '28Gi', gpus: 1 },
          Standard_NC6s_v3: { cpu: 6, memory: '112Gi', gpus: 1 },
        },
        skus: [T4],
      },
    });
    listening = await cluster.arm!.listen();
    await writeFile(join(folder, 'ca.pem'), listening.caPem);
    await writeFile(join(folder, 'token'), 'a service account token');
    settings = {
      subscriptionId: cluster.arm!.cluster.subscriptionId,
      resourceGroup: cluster.arm!.cluster.resourceGroup,
      clusterName: cluster.arm!.cluster.name,
      location: 'westeurope',
      endpoint: listening.url,
      caFile: join(folder, 'ca.pem'),
      identity: {
        tenantId: '00000000-0000-0000-0000-00000000aaaa',
        clientId: '00000000-0000-0000-0000-00000000bbbb',
        federatedTokenFile: join(folder, 'token'),
        authorityHost: listening.url,
      },
    };
  });
  after(async () => {
    await cluster.stop();
    await rm(folder, { recursive: true });
  });

  const failure = async (call: (azure: AzureCluster) => Promise<unknown>, more: Partial<AksSettings> = {}) => {
    const error = await call(azureCluster({ ...settings, ...more })).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(ArmFailure);
    return error as ArmFailure;
  };

  it('gets its token as a workload identity does, and makes, finds, lists and deletes a pool', async () => {
    const { pools } = azureCluster(settings);
    expect(await pools.get('ws1')).to.equal(undefined);
    await pools.create('ws1', { count: 1, vmSize: T4, nodeLabels: { apps: 'phi' } });
    expect(cluster.arm!.requests.some((request) => request.endsWith('/oauth2/v2.0/token'))).to.equal(true);
    const pool = await pools.get('ws1');
    expect([pool?.vmSize, pool?.nodeLabels]).to.deep.equal([T4, { apps: 'phi' }]);
    await cluster.settled();
    expect((await pools.list()).map(({ name, provisioningState }) => [name, provisioningState])).to.deep.equal([
      ['ws1', 'Succeeded'],
    ]);
    expect(await pools.delete('ws1')).to.equal(true);
    await cluster.settled();
    expect(await pools.delete('ws1')).to.equal(false);
  });

  it('never overwrites a pool that has come up in between', async () => {
    cluster.arm!.addForeignPool('theirs');
    const { status, code } = await failure(({ pools }) => pools.create('theirs', { vmSize: T4 }));
    expect([status, code]).to.deep.equal([412, 'PreconditionFailed']);
  });

  it('reads which sizes the subscription may use in the region', async () => {
    const sizes = [...(await azureCluster(settings).sizes.list()).values()];
    expect(sizes.map(({ name, offered }) => [name, offered])).to.deep.equal([
      [T4, true],
      ['Standard_NC6s_v3', false],
    ]);
    expect(sizes[0]).to.deep.include({ family: 'standardNCAST4V3Family', gpus: 1, vcpus: 4, memoryGib: 28 });
  });

  it('tells a cluster that is not there from a pool that is not there', async () => {
    const { status, code } = await failure(({ pools }) => pools.get('ws1'), { clusterName: 'other' });
    expect([status, code]).to.deep.equal([404, 'ResourceNotFound']);
  });

  it('tells a missing credential from a refusal: an issuer that is not trusted, a token file that is not there', async () => {
    const { caFile: _, ...distrusting } = settings;
    const stranger = await azureCluster(distrusting)
      .pools.list()
      .catch((thrown: ArmFailure) => thrown);
    expect(classified(stranger as ArmFailure)).to.include({ failure: 'permission', reason: 'NotAuthenticated' });
    const identity = { ...settings.identity, federatedTokenFile: join(folder, 'nowhere') };
    const lost = await failure(({ pools }) => pools.list(), { identity });
    expect(lost.message).to.match(/nowhere/);
    expect(classified(lost).reason).to.equal('NotAuthenticated');
  });

  it('tells an Azure that cannot be reached', async () => {
    const nowhere = { ...settings, endpoint: 'https://127.0.0.1:1' };
    const azure = azureCluster(nowhere, { credential: simulatedCredential });
    const error = (await azure.pools.list().catch((thrown: unknown) => thrown)) as ArmFailure;
    expect(classified(error)).to.include({ failure: 'transient', reason: 'CloudUnreachable' });
  });

  it('asks once and leaves the next try to its caller, who is told how long to wait', async () => {
    cluster.arm!.interrupt(new ArmError(429, 'TooManyRequests', 'slow down', { retryAfterSeconds: 17 }));
    const azure = azureCluster(settings, { credential: simulatedCredential });
    const before = cluster.arm!.requests.length;
    const error = (await azure.pools.list().catch((thrown: unknown) => thrown)) as ArmFailure;
    expect([error.status, error.retryAfterMs, cluster.arm!.requests.length - before]).to.deep.equal([429, 17_000, 1]);
  });
});
