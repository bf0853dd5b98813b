import { gib, type InstanceType, NO_GPU } from '@kaito-sdk/core';

const GENERAL = "Microsoft Learn, 'Dsv5 sizes series': vCPUs and memory";
const MEMORY = "Microsoft Learn, 'Esv5 sizes series': vCPUs and memory";

/**
 * Sizes without a GPU, for engines that compute on the processor: of Azure's general and memory-optimised series the ones that hold a small model. Prices
 * were not read.
 */
export const AZURE_PROCESSOR_SIZES: readonly InstanceType[] = (
  [
    ['Standard_D4s_v5', 4, 16, GENERAL],
    ['Standard_D8s_v5', 8, 32, GENERAL],
    ['Standard_D16s_v5', 16, 64, GENERAL],
    ['Standard_E8s_v5', 8, 64, MEMORY],
    ['Standard_E16s_v5', 16, 128, MEMORY],
  ] as const
).map(([name, vcpus, memory, source]) => ({ name, gpu: NO_GPU, vcpus, memoryBytes: gib(memory), prices: [], source }));
