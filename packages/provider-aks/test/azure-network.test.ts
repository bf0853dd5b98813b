import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ArmListening, DevCluster } from '@kaito-sdk/devcluster';
import type { AksConfig } from '@kaito-sdk/provider-aks';
import { expect } from 'chai';
import { inProcess } from './support/azure-process.js';
import { type ConnectProxy, connectProxy } from './support/connect-proxy.js';

const T4 = 'Standard_NC4as_T4_v3';

describe('the way to Azure, over TLS, each time in a process of its own', function () {
  this.timeout(60_000);
  let folder: string;
  let cluster: DevCluster;
  let listening: ArmListening;
  let proxy: ConnectProxy | undefined;

  /** A cloud in which Resource Manager and the issuer of tokens have these names, and tokens must be for this audience. */
  async function cloud(audience: string, ...names: readonly string[]): Promise<void> {
    cluster = await DevCluster.start({ arm: { instances: { [T4]: { cpu: 4, memory: '28Gi', gpus: 1 } }, audience } });
    listening = await cluster.arm!.listen(0, names);
    await writeFile(join(folder, 'ca.pem'), listening.caPem);
    await writeFile(join(folder, 'token'), 'a service account token');
  }

  /** A proxy that knows these names, all of which lead to the cloud. */
  async function proxied(names: readonly string[], password?: string): Promise<ConnectProxy> {
    const port = Number(new URL(listening.url).port);
    proxy = await connectProxy(Object.fromEntries(names.map((name) => [`${name}:443`, port])), password);
    return proxy;
  }

  const at = (name: string) => `https://${name}`;
  const run = (config: Partial<AksConfig>, environment: Readonly<Record<string, string>>) => {
    const { subscriptionId, resourceGroup, name } = cluster.arm!.cluster;
    return inProcess(
      {
        subscriptionId,
        resourceGroup,
        clusterName: name,
        location: 'westeurope',
        tenantId: '00000000-0000-0000-0000-00000000aaaa',
        clientId: '00000000-0000-0000-0000-00000000bbbb',
        federatedTokenFile: join(folder, 'token'),
        caFile: join(folder, 'ca.pem'),
        ...config,
      },
      environment,
    );
  };
  const worked = { sizes: [T4], pools: ['ws1'] };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaito-azure-network-'));
  });
  afterEach(async () => {
    await proxy?.close();
    proxy = undefined;
    await cluster.stop();
    await rm(folder, { recursive: true });
  });

  describe('through a proxy', () => {
    const names = ['management.azure.com', 'login.microsoftonline.com'];

    it('of HTTPS_PROXY goes everything, under the names of the public cloud and with an authority of caFile', async () => {
      await cloud(at('management.azure.com'), ...names);
      const { url, asked } = await proxied(names);
      expect(await run({}, { HTTPS_PROXY: url })).to.deep.equal(worked);
      expect([...new Set(asked)].sort()).to.deep.equal(['login.microsoftonline.com:443', 'management.azure.com:443']);
    });

    it('that asks for a password it goes with the one in the address', async () => {
      await cloud(at('management.azure.com'), ...names);
      const { url } = await proxied(names, 'me:secret');
      const address = url.replace('//', '//me:secret@');
      expect(await run({}, { HTTPS_PROXY: address })).to.deep.equal(worked);
      const refused = await run({}, { HTTPS_PROXY: url });
      expect(refused.failure, JSON.stringify(refused)).to.match(
        /^(transient CloudUnreachable|permission NotAuthenticated)$/,
      );
      expect(refused.message).to.match(/407|Proxy/i);
    });

    it('goes nothing that NO_PROXY names', async () => {
      await cloud('https://127.0.0.1');
      const { url, asked } = await proxied([]);
      const direct = { endpoint: listening.url, authorityHost: listening.url, audience: 'https://127.0.0.1' };
      expect(await run(direct, { HTTPS_PROXY: url, NO_PROXY: 'kubernetes.default.svc,127.0.0.1' })).to.deep.equal(
        worked,
      );
      expect(asked).to.deep.equal([]);
    });

    it('that looks into TLS nothing goes without its authority', async () => {
      await cloud(at('management.azure.com'), ...names);
      const { url } = await proxied(names);
      await writeFile(join(folder, 'ca.pem'), '');
      const { failure, message } = await run({}, { HTTPS_PROXY: url });
      expect(failure).to.equal('permission NotAuthenticated');
      expect(message).to.match(/certificate|network/i);
      expect(cluster.arm!.requests, 'nothing was sent').to.deep.equal([]);
    });
  });

  for (const [name, endpoint, issuer, audience] of [
    [
      'AzureUSGovernment',
      'management.usgovcloudapi.net',
      'login.microsoftonline.us',
      'https://management.core.usgovcloudapi.net',
    ],
    [
      'AzureChinaCloud',
      'management.chinacloudapi.cn',
      'login.chinacloudapi.cn',
      'https://management.core.chinacloudapi.cn',
    ],
  ] as const) {
    describe(`in ${name}`, () => {
      // The issuer of China answers under a second name, which MSAL prefers.
      const issuers = [issuer, 'login.partner.microsoftonline.cn'];

      for (const [how, config, environment] of [
        ['by its name', { cloud: name }, {}],
        ['by the variable of Azure', {}, { AZURE_ENVIRONMENT: name }],
        [
          'by the variable that AKS sets in pods, and the endpoint',
          { endpoint: at(endpoint) },
          { AZURE_AUTHORITY_HOST: at(issuer) },
        ],
      ] as const) {
        it(`Resource Manager, issuer and audience are those of that cloud, told ${how}`, async () => {
          await cloud(audience, endpoint, ...issuers);
          const { url, asked } = await proxied([endpoint, ...issuers]);
          expect(await run(config, { HTTPS_PROXY: url, ...environment })).to.deep.equal(worked);
          const reached = [...new Set(asked)].map((one) => one.replace(':443', ''));
          expect(reached).to.include(endpoint);
          expect(reached.filter((one) => one !== endpoint)).to.satisfy(
            (others: string[]) => others.length > 0 && others.every((one) => issuers.includes(one)),
          );
        });
      }

      it('a token for another cloud is refused, and told as a missing credential', async () => {
        await cloud(audience, endpoint, ...issuers);
        const { url } = await proxied([endpoint, ...issuers]);
        const told = await run({ cloud: name, audience: 'https://management.azure.com' }, { HTTPS_PROXY: url });
        expect(told.failure).to.equal('permission NotAuthenticated');
        expect(told.message).to.match(/AADSTS500011/);
      });
    });
  }

  describe('of a private cluster', () => {
    const [manager, issuer] = ['arm.corp.internal', 'login.microsoftonline.com'];
    const subnet = '/subscriptions/s/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/corp/subnets/gpu';

    it('leads to Resource Manager at a private name and to the issuer, and to nothing else: not to its API server', async () => {
      await cloud(at(manager), manager, issuer);
      const { url, asked } = await proxied([manager, issuer]);
      const told = await run({ endpoint: at(manager), vnetSubnetId: subnet }, { HTTPS_PROXY: url });
      expect(told).to.deep.equal(worked);
      expect([...new Set(asked)].sort()).to.deep.equal([`${manager}:443`, `${issuer}:443`]);
      // Neither the cluster itself, nor its credentials: only these.
      const known = /\/(agentPools(\/ws1)?|skus|token|openid-configuration)$/;
      expect(cluster.arm!.requests.filter((request) => !known.test(request))).to.deep.equal([]);
      expect(cluster.arm!.properties('ws1')).to.include({ vnetSubnetID: subnet });
    });
  });
});
