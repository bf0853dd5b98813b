/** One line of a container's log. */
export interface LogLine {
  /** When it was written, as the container runtime has it: RFC 3339 with nanoseconds. */
  readonly at: string;
  readonly text: string;
}

/** Splits what an API server answers under `timestamps=true`. A line without a time is the rest of one that the runtime had to part. */
export function logLine(line: string): LogLine {
  const [, at = '', text = ''] = /^(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)) ?(.*)$/s.exec(line) ?? [
    undefined,
    '',
    line,
  ];
  return { at, text: shown(text) };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is control characters that are taken out
const COLOURS = /\u001b\[[\d;]*m/g;

/**
 * As a terminal would leave it: a progress bar writes over itself (`\r`), and what is left is its last state. Colours are let go of: whatever
 * else could steer a terminal is written out.
 */
function shown(text: string): string {
  const states = text.replace(COLOURS, '').split('\r');
  return states.findLast((state) => state !== '') ?? '';
}
