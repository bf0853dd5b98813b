import type { ContainerStart } from './image-program.js';

/** What a stand-in cannot read off a container. */
export interface StandInOptions {
  /**
   * The CUDA compute capability of the GPUs that the container would get, such as 7.0 for a V100. Usually looked up by the pod's node.
   * Without it, or where it answers nothing, types that the GPU lacks are not found out.
   */
  readonly computeCapability?: (container: ContainerStart) => number | undefined;
}
