/**
 * A resource class says something that a CRD cannot hold, or contradicts itself. Thrown when the class is first used, never
 * while a program is serving: it is a mistake in the source, and the message names the field and the way out.
 */
export class ResourceClassError extends Error {
  readonly code = 'RESOURCE_CLASS_INVALID';

  constructor(
    /** Name of the class. */
    readonly className: string,
    /** Path of the field in it; empty when the class itself is meant. */
    readonly field: string,
    readonly problem: string,
  ) {
    super(`${field === '' ? className : `${className}.${field}`}: ${problem}`);
    this.name = 'ResourceClassError';
  }
}
