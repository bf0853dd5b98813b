import type { InstanceType } from '../plugin/instance-catalog.js';
import type { Runtime } from '../plugin/runtime.js';
import type { Bytes } from './bytes.js';

/** The memory that a runtime is sized for on a machine. */
export interface MemoryOf {
  readonly bytes: Bytes;
  /** It is the machine's own. A catalog that does not say how much that is leaves it to that of a GPU, and to the runtime to say so. */
  readonly machine: boolean;
}

export function memoryOf({ memory }: Runtime, { gpu, memoryBytes }: InstanceType): MemoryOf {
  const machine = memory === 'machine' && memoryBytes !== undefined;
  return { bytes: machine ? memoryBytes : gpu.memoryBytes, machine };
}
