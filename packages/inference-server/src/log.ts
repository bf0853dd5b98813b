import type { Clock } from './clock.js';

/** How much a log line matters. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Writes one line. `fields` are for programs; the message says all that a person needs. */
export type Log = (level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>) => void;

const rank: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** A log of lines, either plain (`INFO message key=value`) or one JSON object each. Lines below `least` are left out. */
export function lineLog(format: 'text' | 'json', least: LogLevel, clock: Clock, write: (line: string) => void): Log {
  return (level, message, fields) => {
    if (rank[level] < rank[least]) return;
    if (format === 'json') {
      write(JSON.stringify({ time: new Date(clock.now()).toISOString(), level, message, ...fields }));
      return;
    }
    const pairs = Object.entries(fields).map(
      ([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
    write(`${level.toUpperCase()} ${message}${pairs.join('')}`);
  };
}
