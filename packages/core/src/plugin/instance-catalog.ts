import type { Bytes } from '../plan/bytes.js';

/** Data about machines that can be had. A plugin gives it; nothing in `core` knows a cloud. */
export interface InstanceCatalog {
  /** Names the catalog in messages; usually the cloud's name. */
  readonly name: string;
  /** Every type ever known, retired ones included: a retired type must be told apart from a mistyped one. */
  instances(): readonly InstanceType[];
  /**
   * Looks whether there is anything newer, where that can be asked for free; {@link InstanceCatalog.instances} tells it afterwards. Awaited
   * before each pass plans, so it must cost nothing while what is known is young, must not take long, and must not throw: what is known stays.
   * @default the catalog never changes
   */
  refresh?(): Promise<void>;
}

export interface InstanceType {
  /** As the cloud spells it. Looked up without regard to case. */
  readonly name: string;
  readonly gpu: GpuFacts;
  readonly vcpus?: number;
  readonly memoryBytes?: Bytes;
  /**
   * The most disk that images and weights can have on such a machine. Absent where the disk is asked for with the machine: then
   * the Plan's need is simply part of the claim.
   */
  readonly diskBytes?: Bytes;
  /** List prices, on demand, for the whole machine. */
  readonly prices: readonly Price[];
  /** `YYYY-MM-DD`: the day on which the cloud stopped (or will stop) offering it. */
  readonly retiredOn?: string;
  /** Where these facts come from. */
  readonly source: string;
}

/** What stands in the place of GPU facts of a machine that has none; its {@link InstanceType.memoryBytes} then must be said. */
export const NO_GPU: GpuFacts = { vendor: 'none', model: 'no GPU', count: 0, memoryBytes: 0 as Bytes };

export interface GpuFacts {
  /** `none` where there is no GPU, see {@link NO_GPU}. */
  readonly vendor: 'nvidia' | 'amd' | 'none';
  readonly model: string;
  /** GPUs in one machine. */
  readonly count: number;
  /** Memory of one GPU, not of the machine. */
  readonly memoryBytes: Bytes;
  /** CUDA compute capability, `7.0`; absent when the vendor has none. */
  readonly computeCapability?: number;
}

export interface Price {
  readonly usdPerHour: number;
  readonly region: string;
  /** `YYYY-MM-DD`, when it was read. */
  readonly asOf: string;
  readonly source: string;
}
