import type { CommandIo } from '../commands/command.js';
import type { LogLine } from './log-line.js';

/** Prints lines of one container as they are, and of several each with where it comes from, as `kubectl logs --prefix` does. */
export class LogPrinter {
  private readonly sources = new Set<string>();

  constructor(
    private readonly io: CommandIo,
    private readonly options: {
      readonly prefix: boolean;
      readonly timestamps: boolean;
      /** There will be several: already the first says where it comes from. */
      readonly several: boolean;
    },
  ) {}

  /** From now on there is this container as well. */
  begin(pod: string, container: string): (line: LogLine) => void {
    const source = `[pod/${pod}/${container}]`;
    this.sources.add(source);
    return ({ at, text }) => {
      const { prefix, several, timestamps } = this.options;
      const where = prefix || several || this.sources.size > 1 ? `${source} ` : '';
      const when = timestamps && at !== '' ? `${at} ` : '';
      this.io.out(`${where}${when}${text}\n`);
    };
  }
}
