/** Where the images of a tuning lie. Every part is a setting, for clusters that reach one registry only. */
export interface ImageSettings {
  /** @default 'ghcr.io/kaito-sdk' */
  readonly registry?: string;
  /** Of all three images. @default the version of this package */
  readonly tag?: string;
}

const REGISTRY = 'ghcr.io/kaito-sdk';
const TAG = '0.1.0';

/** One build of the training program. */
export interface TrainerBuild {
  readonly name: 'current' | 'volta';
  readonly image: string;
  /** Its torch, by which the GPUs are known that it has kernels for. */
  readonly torch: string;
}

/**
 * The build for a GPU: torch 2.15 begins at compute capability 7.5, and 2.10 (CUDA 12.8) is the last one for 7.0, a V100. An image
 * without kernels for a GPU fails minutes after the node was paid for, so it is chosen here.
 *
 * @returns undefined where neither has kernels
 */
export function trainerFor(capability: number | undefined, settings: ImageSettings = {}): TrainerBuild | undefined {
  if (capability === undefined || capability < 7) return undefined;
  if (capability >= 7.5) return { name: 'current', image: reference('trainer', settings), torch: '2.15.0' };
  return { name: 'volta', image: reference('trainer', settings, '-volta'), torch: '2.10.0' };
}

/** The image of the programs around the training: the data in, the adapter out. */
export function toolsImage(settings: ImageSettings = {}): string {
  return reference('tuning-tools', settings);
}

function reference(repository: string, { registry = REGISTRY, tag = TAG }: ImageSettings, build = ''): string {
  return `${registry.replace(/\/+$/, '')}/${repository}:${tag}${build}`;
}
