/** One subcommand of `kaito`. */
export interface Command {
  readonly name: string;
  /** One line for the overview. */
  readonly summary: string;
  readonly usage: string;
  /** Answers the exit code. Throws a UsageError for a mistake of the caller. */
  run(args: readonly string[], io: CommandIo): Promise<number>;
}

export interface CommandIo {
  out(text: string): void;
  err(text: string): void;
  /** Somebody reads the standard error on a terminal, and would like to hear what takes so long. */
  readonly watched: boolean;
  /** Aborted by SIGINT or SIGTERM, or when nobody reads the output any more. */
  readonly signal: AbortSignal;
}
