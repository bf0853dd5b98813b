import type { Retirement } from '@kaito-sdk/gpu-models';

const guide = (series: string) =>
  `Microsoft, ${series}-series retirement (azure-docs, virtual machine migration guides)`;
const list = 'Microsoft, Retired Azure VM size series (azure-compute-docs, retired-sizes-list)';

/** When Azure stopped, or will stop, offering a series, by the name's pattern. A size that none matches is taken to be offered. */
export const RETIREMENTS: readonly Retirement[] = [
  { series: /^Standard_NC\d+r?$/, on: '2023-09-06', source: guide('NC') },
  { series: /^Standard_NC\d+r?s_v2$/, on: '2023-09-06', source: guide('NCv2') },
  { series: /^Standard_ND\d+r?s$/, on: '2023-09-06', source: guide('ND') },
  { series: /^Standard_NV\d+$/, on: '2023-09-06', source: guide('NV') },
  { series: /^Standard_NC\d+r?s_v3$/, on: '2025-09-30', source: list },
  { series: /^Standard_NV\d+s_v3$/, on: '2026-09-30', source: list },
  { series: /^Standard_NV\d+as_v4$/, on: '2026-09-30', source: list },
];
