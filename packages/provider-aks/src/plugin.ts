import { definePlugin } from '@kaito-sdk/core';
import { azureInstances } from './azure-instances.js';

export default definePlugin({ name: '@kaito-sdk/provider-aks', apiVersion: '1', provides: ['instances'] }, (host) =>
  host.instances(azureInstances),
);
