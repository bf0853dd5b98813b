/** Somewhere a program writes to: `process.stdout`. */
export interface OutputStream {
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/**
 * Calls `gone` when whoever reads one of the streams has gone (`| head`): nothing is wrong then, and nothing is left to be said, so the program
 * ends as on Ctrl-C. Without this Node ends it with a stack. Any other error of a stream is thrown.
 */
export function whenNobodyReads(streams: readonly OutputStream[], gone: () => void): void {
  for (const stream of streams) {
    stream.on('error', (error) => {
      if (error.code !== 'EPIPE') throw error;
      gone();
    });
  }
}
