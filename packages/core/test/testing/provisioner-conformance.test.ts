import { MemoryProvisioner, memoryWorld, provisionerConformance } from '@kaito-sdk/core/testing';

provisionerConformance('memory, the reference of the suite', async () =>
  memoryWorld((cloud) => new MemoryProvisioner(cloud)),
);
