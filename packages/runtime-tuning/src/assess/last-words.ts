import {
  type JsonObject as Json,
  jsonNumber as number,
  jsonObject as object,
  jsonString as string,
} from '@kaito-sdk/core';

/** What a program of a tuning left behind when it ended: one JSON object as its container's termination message. */
export interface LastWords {
  /** Stable, of the program's own failures: `COLUMNS_MISSING`. */
  readonly code?: string;
  readonly message?: string;
  /** The pushed image, with its digest. */
  readonly image?: string;
}

/** Reads the words of a terminated container. What is no JSON, the end of a log for one, is taken as it is. */
export function lastWords(terminated: Json): LastWords {
  const text = (string(terminated.message) ?? '').trim();
  const parsed = lastObject(text);
  if (parsed) {
    const { code, message, image } = parsed;
    return Object.fromEntries(
      Object.entries({ code: string(code), message: string(message), image: string(image) }).filter(
        ([, value]) => value !== undefined,
      ),
    );
  }
  return text === '' ? {} : { message: shortened(text) };
}

/** A log that fell in as the message ends with the object, when the program got so far. */
function lastObject(text: string): Json | undefined {
  for (const line of [text, ...text.split('\n').reverse()]) {
    if (!line.trimStart().startsWith('{')) continue;
    try {
      const value = object(JSON.parse(line));
      if (Object.keys(value).length > 0) return value;
    } catch {
      // Cut off, or no JSON: the next line may be.
    }
  }
  return undefined;
}

/** How a container ended where it said nothing itself. */
export function ending(name: string, terminated: Json): string {
  const reason = string(terminated.reason);
  if (reason === 'OOMKilled') return `container ${name} was killed for using more memory than it may (OOMKilled)`;
  return `container ${name} ended with exit code ${number(terminated.exitCode)}${reason && reason !== 'Error' ? ` (${reason})` : ''}`;
}

const LONGEST = 400;

function shortened(text: string): string {
  const line = text.replaceAll(/\s*\n\s*/g, ' | ');
  return line.length > LONGEST ? `…${line.slice(-LONGEST)}` : line;
}
