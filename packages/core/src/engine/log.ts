import type { Clock } from '../clock.js';

/** What goes with a message, by name. Errors are written with their stack. */
export type LogFields = Readonly<Record<string, unknown>>;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Structured log lines. Messages are constant sentences; what varies goes into the fields. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log that adds these fields to every line. */
  with(fields: LogFields): Log;
}

export interface LogOptions {
  readonly clock: Clock;
  /** Gets each line, without a newline. The composition root gives `process.stderr` or a file. */
  readonly write: (line: string) => void;
  /** Lines below this are not written. @default 'info' */
  readonly level?: LogLevel;
}

const ranks: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** One JSON object a line: `{"time":…,"level":…,"message":…,…fields}`. */
export function jsonLog(options: LogOptions): Log {
  return logger(options, {}, (time, level, message, fields) =>
    JSON.stringify({ time, level, message, ...plain(fields) }),
  );
}

/** For people: `12:00:01 info message key=value`. */
export function textLog(options: LogOptions): Log {
  return logger(options, {}, (time, level, message, fields) => {
    const pairs = Object.entries(plain(fields)).map(([name, value]) => {
      return `${name}=${typeof value === 'string' && !/[\s"=]/.test(value) ? value : JSON.stringify(value)}`;
    });
    return [time.slice(11, 19), level, message, ...pairs].join(' ');
  });
}

/** Writes nothing. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => silentLog,
};

type Format = (time: string, level: LogLevel, message: string, fields: LogFields) => string;

function logger(options: LogOptions, bound: LogFields, format: Format): Log {
  const { clock, write, level: lowest = 'info' } = options;
  const at = (level: LogLevel) => (message: string, fields?: LogFields) => {
    if (ranks[level] < ranks[lowest]) return;
    write(
      format(
        new Date(clock.now()).toISOString(),
        level,
        message,
        fields === undefined ? bound : { ...bound, ...fields },
      ),
    );
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => logger(options, { ...bound, ...fields }, format),
  };
}

function plain(fields: LogFields): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    out[name] = value instanceof Error ? (value.stack ?? value.message) : value;
  }
  return out;
}
