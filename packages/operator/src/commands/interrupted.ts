/** Somebody has ended the command before it had its answer (Ctrl-C, or nobody reads on): there is nothing to tell. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Interrupted';
  }
}
