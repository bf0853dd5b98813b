/**
 * What a program of a tuning ends with when it cannot do its work. `final`: trying again does not help, so the Job is over; otherwise
 * another pod may have more luck. No message holds a key: addresses are shown without their queries.
 */
export class Failure extends Error {
  constructor(
    /** Stable, in capitals: becomes the reason of a condition. */
    readonly code: string,
    message: string,
    readonly final = true,
  ) {
    super(message);
    this.name = 'Failure';
  }
}
