import type { InstanceRow } from '@kaito-sdk/gpu-models';

const HEAD = 'KAITO v0.12.0, table of AWS GPU instance types';
const OLD = 'KAITO v0.3.2, table of the AWS SKU handler';

/**
 * AWS's types with GPUs that one of the sources describes. Left out on purpose: g5g (the CPU is arm64 and the engines' images are not),
 * and Trainium and Inferentia, which are no GPUs. Where both sources know a type, the newer one counts.
 */
export const AWS_TYPES: readonly InstanceRow[] = [
  ['p2.xlarge', 'K80', 1, 12, OLD],
  ['p2.8xlarge', 'K80', 8, 12, OLD],
  ['p2.16xlarge', 'K80', 16, 12, OLD],
  ['p3.2xlarge', 'V100', 1, 16, OLD],
  ['p3.8xlarge', 'V100', 4, 16, OLD],
  ['p3.16xlarge', 'V100', 8, 16, OLD],
  ['p3dn.24xlarge', 'V100', 8, 32, OLD],
  ['g4dn.xlarge', 'T4', 1, 16, OLD],
  ['g4dn.2xlarge', 'T4', 1, 16, OLD],
  ['g4dn.4xlarge', 'T4', 1, 16, OLD],
  ['g4dn.8xlarge', 'T4', 1, 16, OLD],
  ['g4dn.16xlarge', 'T4', 1, 16, OLD],
  ['g4dn.12xlarge', 'T4', 4, 16, OLD],
  ['g4dn.metal', 'T4', 8, 16, OLD],
  ['g3s.xlarge', 'M60', 1, 8, OLD],
  ['p4d.24xlarge', 'A100', 8, 40, HEAD],
  ['p4de.24xlarge', 'A100', 8, 80, HEAD],
  ['p5.48xlarge', 'H100', 8, 80, HEAD],
  ['p5e.48xlarge', 'H200', 8, 141, HEAD],
  ['p5en.48xlarge', 'H200', 8, 141, HEAD],
  ['g6.xlarge', 'L4', 1, 24, HEAD],
  ['g6.2xlarge', 'L4', 1, 24, HEAD],
  ['g6.4xlarge', 'L4', 1, 24, HEAD],
  ['g6.8xlarge', 'L4', 1, 24, HEAD],
  ['g6.16xlarge', 'L4', 1, 24, HEAD],
  ['gr6.4xlarge', 'L4', 1, 24, HEAD],
  ['gr6.8xlarge', 'L4', 1, 24, HEAD],
  ['g6.12xlarge', 'L4', 4, 24, HEAD],
  ['g6.24xlarge', 'L4', 4, 24, HEAD],
  ['g6.48xlarge', 'L4', 8, 24, HEAD],
  ['g5.xlarge', 'A10G', 1, 24, HEAD],
  ['g5.2xlarge', 'A10G', 1, 24, HEAD],
  ['g5.4xlarge', 'A10G', 1, 24, HEAD],
  ['g5.8xlarge', 'A10G', 1, 24, HEAD],
  ['g5.12xlarge', 'A10G', 4, 24, HEAD],
  ['g5.16xlarge', 'A10G', 1, 24, HEAD],
  ['g5.24xlarge', 'A10G', 4, 24, HEAD],
  ['g5.48xlarge', 'A10G', 8, 24, HEAD],
  ['g4ad.xlarge', 'V520', 1, 8, HEAD],
  ['g4ad.2xlarge', 'V520', 1, 8, HEAD],
  ['g4ad.4xlarge', 'V520', 1, 8, HEAD],
  ['g4ad.8xlarge', 'V520', 2, 8, HEAD],
  ['g4ad.16xlarge', 'V520', 4, 8, HEAD],
];
