import type { InstanceRow } from '@kaito-sdk/gpu-models';

const HEAD = 'KAITO v0.12.0, table of Azure GPU instance types';
const OLD = 'KAITO v0.3.2, webhook table of Azure GPU sizes (total memory / GPUs); GPU model by Azure series';
const OLD_HANDLER = 'KAITO v0.3.2, table of the Azure SKU handler';

/**
 * Azure's GPU sizes, retired ones included, so that a retired name is told apart from a mistyped one. Where two of the sources
 * know a size, the newer one counts: KAITO v0.3.2 has 80 GiB in all for the eight GPUs of Standard_ND96amsr_A100_v4, for instance.
 * The small NVads A10 v5 sizes have a part of one GPU, and that part's memory.
 */
export const AZURE_SIZES: readonly InstanceRow[] = [
  ['Standard_NC6', 'K80', 1, 12, OLD],
  ['Standard_NC12', 'K80', 2, 12, OLD],
  ['Standard_NC24', 'K80', 4, 12, OLD],
  ['Standard_NC24r', 'K80', 4, 12, OLD],
  ['Standard_NV6', 'M60', 1, 8, OLD],
  ['Standard_NV12s_v3', 'M60', 1, 8, OLD],
  ['Standard_NV12', 'M60', 2, 8, OLD],
  ['Standard_NV24s_v3', 'M60', 2, 8, OLD],
  ['Standard_NV24', 'M60', 4, 8, OLD],
  ['Standard_NV48s_v3', 'M60', 4, 8, OLD],
  ['Standard_ND6s', 'P40', 1, 24, OLD],
  ['Standard_ND12s', 'P40', 2, 24, OLD],
  ['Standard_ND24rs', 'P40', 4, 24, OLD],
  ['Standard_ND24s', 'P40', 4, 24, OLD],
  ['Standard_NC6s_v2', 'P100', 1, 16, OLD],
  ['Standard_NC12s_v2', 'P100', 2, 16, OLD],
  ['Standard_NC24rs_v2', 'P100', 4, 16, OLD],
  ['Standard_NC24s_v2', 'P100', 4, 16, OLD],
  ['Standard_NC6s_v3', 'V100', 1, 16, OLD],
  ['Standard_NC12s_v3', 'V100', 2, 16, OLD],
  ['Standard_NC24rs_v3', 'V100', 4, 16, OLD],
  ['Standard_NC24s_v3', 'V100', 4, 16, OLD],
  ['Standard_ND40rs_v2', 'V100', 8, 32, OLD],
  ['Standard_NC4as_T4_v3', 'T4', 1, 16, OLD],
  ['Standard_NC8as_T4_v3', 'T4', 1, 16, OLD],
  ['Standard_NC16as_T4_v3', 'T4', 1, 16, OLD],
  ['Standard_NC64as_T4_v3', 'T4', 4, 16, OLD],
  ['Standard_NV6ads_A10_v5', 'A10', 1, 4, OLD],
  ['Standard_NV12ads_A10_v5', 'A10', 1, 8, OLD],
  ['Standard_NV18ads_A10_v5', 'A10', 1, 12, OLD],
  ['Standard_NV36adms_A10_v5', 'A10', 1, 24, OLD],
  ['Standard_NV36ads_A10_v5', 'A10', 1, 24, HEAD],
  ['Standard_NV72ads_A10_v5', 'A10', 2, 24, HEAD],
  ['Standard_NC24ads_A100_v4', 'A100', 1, 80, HEAD],
  ['Standard_NC48ads_A100_v4', 'A100', 2, 80, HEAD],
  ['Standard_NC96ads_A100_v4', 'A100', 4, 80, HEAD],
  ['Standard_ND96asr_A100_v4', 'A100', 8, 40, HEAD],
  ['Standard_ND96asr_v4', 'A100', 8, 40, OLD],
  ['Standard_ND96amsr_A100_v4', 'A100', 8, 80, HEAD],
  ['Standard_NC40ads_H100_v5', 'H100', 1, 94, HEAD],
  ['Standard_NCC40ads_H100_v5', 'H100', 1, 94, HEAD],
  ['Standard_NC80adis_H100_v5', 'H100', 2, 94, HEAD],
  ['Standard_ND96isr_H100_v5', 'H100', 8, 80, HEAD],
  ['Standard_ND96isr_H200_v5', 'H200', 8, 141, HEAD],
  ['Standard_NV32as_v4', 'MI25', 1, 16, OLD_HANDLER],
  ['Standard_NG32adms_V620_v1', 'V620', 1, 32, HEAD],
  ['Standard_NG32ads_V620_v1', 'V620', 1, 32, HEAD],
];
