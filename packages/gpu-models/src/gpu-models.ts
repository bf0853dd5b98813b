/** What follows from a GPU's model alone. */
export interface GpuModel {
  readonly vendor: 'nvidia' | 'amd';
  /** As the vendor writes it. */
  readonly name: string;
  /** CUDA compute capability; AMD has none. */
  readonly computeCapability?: number;
}

/** Where the compute capabilities below stand. */
export const CAPABILITY_SOURCE = "NVIDIA's table of CUDA GPUs and their compute capability";

const nvidia = (model: string, computeCapability: number): GpuModel => ({
  vendor: 'nvidia',
  name: `NVIDIA ${model}`,
  computeCapability,
});

const amd = (model: string): GpuModel => ({ vendor: 'amd', name: `AMD ${model}` });

/** The GPUs that clouds rent out, by the short name that tables of instance types use. */
export const GPU_MODELS = {
  K80: nvidia('K80', 3.7),
  M60: nvidia('M60', 5.2),
  P40: nvidia('P40', 6.1),
  P100: nvidia('P100', 6.0),
  V100: nvidia('V100', 7.0),
  T4: nvidia('T4', 7.5),
  A10: nvidia('A10', 8.6),
  A10G: nvidia('A10G', 8.6),
  L4: nvidia('L4', 8.9),
  A100: nvidia('A100', 8.0),
  H100: nvidia('H100', 9.0),
  H200: nvidia('H200', 9.0),
  MI25: amd('Radeon Instinct MI25'),
  V520: amd('Radeon Pro V520'),
  V620: amd('Radeon PRO V620'),
} as const satisfies Readonly<Record<string, GpuModel>>;

export type GpuModelName = keyof typeof GPU_MODELS;
