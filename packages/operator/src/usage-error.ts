/** A mistake on the command line: said in one line with the way to the help text, exit code 2. */
export class UsageError extends Error {}
