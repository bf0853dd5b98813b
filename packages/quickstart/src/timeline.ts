/** One thing that happened, as a person wants to read it. */
export interface TimelineEntry {
  /** Milliseconds since the start. */
  readonly atMs: number;
  /** Two or three words: `node claimed`. */
  readonly what: string;
  readonly detail: string;
  readonly tone: 'done' | 'progress' | 'warning' | 'failed';
}

export interface TimelineSink {
  add(entry: TimelineEntry): void;
  /** What is being waited for right now; shown live on a terminal. */
  waiting(what: string): void;
  close(): void;
}

/** One line an entry, without colour or cursor movement: for logs, pipes and CI. */
export function plainTimeline(write: (text: string) => void): TimelineSink {
  return {
    add: (entry) => write(`${line(entry)}\n`),
    waiting: () => {},
    close: () => {},
  };
}

/** What a live timeline needs of a terminal. */
export interface Terminal {
  write(text: string): void;
  /** Width of a line. */
  columns(): number;
  /** Milliseconds since the start. */
  elapsed(): number;
  /** Calls back a few times a second, until the answer is called. */
  every(tick: () => void): () => void;
}

/** Colours, and a last line that counts while something is waited for. */
export function liveTimeline({ write, columns, elapsed, every }: Terminal): TimelineSink {
  let current = '';
  const erase = () => current !== '' && write('\r\x1b[2K');
  // A line that wraps could not be erased again.
  const draw = () => {
    const text = `${seconds(elapsed())}  ${current} ...`;
    if (current !== '') write(`\r\x1b[2K\x1b[2m${text.slice(0, columns() - 1)}\x1b[0m`);
  };
  const stop = every(draw);
  return {
    add(entry) {
      erase();
      write(`${COLOUR[entry.tone]}${line(entry)}\x1b[0m\n`);
      draw();
    },
    waiting(what) {
      current = what;
      draw();
    },
    close() {
      stop();
      erase();
      current = '';
    },
  };
}

const COLOUR = { done: '\x1b[32m', progress: '', warning: '\x1b[33m', failed: '\x1b[31m' } as const;

function line({ atMs, what, detail }: TimelineEntry): string {
  return `${seconds(atMs)}  ${what.padEnd(18)} ${detail}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1).padStart(6)}s`;
}
