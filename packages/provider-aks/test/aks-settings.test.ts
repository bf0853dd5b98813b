import { registerPlugins } from '@kaito-sdk/core';
import { AksConfig, aksSettings } from '@kaito-sdk/provider-aks';
import { expect } from 'chai';
import plugin from '../dist/plugin.js';

const environment = {
  ARM_SUBSCRIPTION_ID: ' sub ',
  ARM_RESOURCE_GROUP: 'group',
  AZURE_CLUSTER_NAME: 'cluster',
  LOCATION: 'West Europe',
  AZURE_TENANT_ID: 'tenant',
  AZURE_CLIENT_ID: 'client',
  AZURE_FEDERATED_TOKEN_FILE: '/var/run/secrets/azure/tokens/azure-identity-token',
  AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.com/',
};
const settings = (config: Partial<AksConfig> = {}, env: Record<string, string | undefined> = environment) =>
  aksSettings(Object.assign(new AksConfig(), config), env);

describe('the settings of the AKS provisioner', () => {
  it('are read from the variables of gpu-provisioner and of workload identity, trimmed', () => {
    expect(settings()).to.deep.equal({
      subscriptionId: 'sub',
      resourceGroup: 'group',
      clusterName: 'cluster',
      location: 'westeurope',
      endpoint: 'https://management.azure.com',
      audience: 'https://management.azure.com',
      identity: {
        tenantId: 'tenant',
        clientId: 'client',
        federatedTokenFile: '/var/run/secrets/azure/tokens/azure-identity-token',
        authorityHost: 'https://login.microsoftonline.com/',
      },
    });
  });

  it('come from the configuration first', () => {
    const { subscriptionId, endpoint } = settings({
      subscriptionId: 'mine',
      endpoint: 'https://management.usgovcloudapi.net/',
    });
    expect([subscriptionId, endpoint]).to.deep.equal(['mine', 'https://management.usgovcloudapi.net']);
  });

  describe('of another cloud', () => {
    const way = (config: Partial<AksConfig>, more: Record<string, string> = {}) => {
      const { AZURE_AUTHORITY_HOST: _, ...rest } = environment;
      const { endpoint, audience, identity } = settings(config, { ...rest, ...more });
      return [endpoint, audience, identity.authorityHost];
    };
    const china = [
      'https://management.chinacloudapi.cn',
      'https://management.core.chinacloudapi.cn',
      'https://login.chinacloudapi.cn',
    ];

    it('follow from its name, in the configuration or in AZURE_ENVIRONMENT, however that is spelt', () => {
      expect(way({ cloud: 'AzureChinaCloud' })).to.deep.equal(china);
      expect(way({}, { AZURE_ENVIRONMENT: 'AZURECHINACLOUD' })).to.deep.equal(china);
      expect(way({}, { AZURE_ENVIRONMENT: 'AzureUSGovernmentCloud' })).to.deep.equal(
        way({ cloud: 'AzureUSGovernment' }),
      );
      expect(way({}, { AZURE_ENVIRONMENT: 'AzurePublicCloud' })).to.deep.equal(way({}));
    });

    it('follow from its endpoint alone, and are the endpoint itself where nobody knows it', () => {
      expect(way({ endpoint: 'https://management.chinacloudapi.cn/' })).to.deep.equal(china);
      const stack = 'https://management.local.azurestack.external';
      expect(way({ endpoint: stack })).to.deep.equal([stack, stack, undefined]);
      expect(way({ endpoint: stack, audience: 'https://a/', authorityHost: 'https://b' })).to.deep.equal([
        stack,
        'https://a',
        'https://b',
      ]);
    });

    it('come from the configuration before what AKS sets in pods, and from that before what follows', () => {
      const AZURE_AUTHORITY_HOST = 'https://login.partner.microsoftonline.cn/';
      expect(way({}, { AZURE_ENVIRONMENT: 'AzureChinaCloud', AZURE_AUTHORITY_HOST })[2]).to.equal(AZURE_AUTHORITY_HOST);
      expect(way({ cloud: 'AzureChinaCloud' }, { AZURE_AUTHORITY_HOST })).to.deep.equal(china);
    });

    it('are refused by name where the variable names none', () => {
      expect(() => way({}, { AZURE_ENVIRONMENT: 'AzureGermanCloud' })).to.throw(
        /AZURE_ENVIRONMENT is "AzureGermanCloud".*AzureCloud, AzureUSGovernment, AzureChinaCloud/,
      );
    });
  });

  for (const [setting, variable] of [
    ['subscriptionId', 'ARM_SUBSCRIPTION_ID'],
    ['resourceGroup', 'ARM_RESOURCE_GROUP'],
    ['clusterName', 'AZURE_CLUSTER_NAME'],
  ] as const) {
    it(`name ${setting} and its variable when neither is there`, () => {
      expect(() => settings({}, { ...environment, [variable]: ' ' })).to.throw(new RegExp(`"${setting}".*${variable}`));
    });
  }
});

describe('the plugin', () => {
  const register = (config?: object) =>
    registerPlugins([plugin as never], config === undefined ? {} : { config: { '@kaito-sdk/provider-aks': config } });

  it('provides the catalog and the provisioner, without a setting and without reaching for Azure', () => {
    const { instances, provisioners } = register();
    expect(instances.map(({ name }) => name)).to.deep.equal(['azure']);
    expect(provisioners.map(({ name, retired }) => `${name} ${retired}`)).to.deep.equal(['aks refuse']);
    expect(provisioners[0]?.nodeSelector({ namespace: 'default', name: 'phi' })).to.deep.equal({
      'kaito.sh/workspace': 'phi',
      'kaito.sh/workspacenamespace': 'default',
    });
  });

  for (const [title, config, message] of [
    ['a setting that nobody knows', { subscription: 'x' }, /subscription: property subscription should not exist/],
    ['a cloud that does not exist', { cloud: 'AzureGermanCloud' }, /cloud must be one of/],
    ['a driver that does not exist', { gpuDriver: 'latest' }, /gpuDriver must be one of/],
    ['no operation at all', { maxOperations: 0 }, /maxOperations must not be less than 1/],
    ['tags that are no map', { tags: 'x' }, /tags must be an object/],
  ] as const) {
    it(`refuses ${title}, by name`, () => {
      expect(() => register(config)).to.throw(message);
    });
  }
});
