/**
 * A stretch of time in which what is asked for meets the same fault: scarce capacity in the evening, a quota that is used up, a zone that
 * is down. Several of them are a trace, played by the clock of the cluster. Machines that run already are left alone.
 */
export interface Shortage<Fault> {
  readonly fault: Fault;
  /** Milliseconds since the epoch. @default from the start */
  readonly from?: number;
  /** The first moment at which it is over. @default without an end */
  readonly until?: number;
  /** What it is about. @default everything */
  readonly instanceTypes?: readonly string[];
  readonly zones?: readonly string[];
  readonly capacityType?: 'on-demand' | 'spot';
}

/** What is asked of a cloud. */
export interface AskedFor {
  readonly instanceType: string;
  readonly zone?: string | undefined;
  readonly capacityType?: 'on-demand' | 'spot' | undefined;
}

/** The fault that a request meets at this moment: that of the first shortage that is about it. */
export function shortageAt<Fault>(
  trace: readonly Shortage<Fault>[],
  now: number,
  { instanceType, zone, capacityType = 'on-demand' }: AskedFor,
): Fault | undefined {
  return trace.find(
    (one) =>
      now >= (one.from ?? Number.NEGATIVE_INFINITY) &&
      now < (one.until ?? Number.POSITIVE_INFINITY) &&
      (one.instanceTypes?.includes(instanceType) ?? true) &&
      (one.zones === undefined || (zone !== undefined && one.zones.includes(zone))) &&
      (one.capacityType === undefined || one.capacityType === capacityType),
  )?.fault;
}
