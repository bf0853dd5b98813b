import type { ImageProgram } from './image-program.js';
import { inferenceServerImage } from './inference-server-image.js';
import { presetImage } from './preset-image.js';
import type { StandInOptions } from './stand-in-options.js';
import { vllm } from './vllm.js';

export type { ContainerMount, ContainerStart, ImageProgram, ProcessSpec, Refusal } from './image-program.js';
export { MODEL_IN_IMAGE } from './inference-server-image.js';
export type { StandInOptions } from './stand-in-options.js';

/**
 * Local programs for the images of a language model server, to be given to a kubelet that runs pods as processes. They read the
 * production command strictly and fail as the real image would; what answers is the tiny model of this package, which says so.
 */
export function standIns(options: StandInOptions = {}): readonly ImageProgram[] {
  return [presetImage(options), vllm(options), inferenceServerImage()];
}
