import { definePlugin } from '@kaito-sdk/core';
import { awsInstances } from './aws-instances.js';

export default definePlugin({ name: '@kaito-sdk/catalog-aws', apiVersion: '1', provides: ['instances'] }, (host) =>
  host.instances(awsInstances),
);
