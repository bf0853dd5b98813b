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
    ['a driver that does not exist', { gpuDriver: 'latest' }, /gpuDriver must be one of/],
    ['no operation at all', { maxOperations: 0 }, /maxOperations must not be less than 1/],
    ['tags that are no map', { tags: 'x' }, /tags must be an object/],
  ] as const) {
    it(`refuses ${title}, by name`, () => {
      expect(() => register(config)).to.throw(message);
    });
  }
});
