import { type Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * Bytes led through a stream of Node (a packer or unpacker) at the reader's pace. An error of either side reaches the
 * reader; a reader that stops early closes both.
 */
export async function* transformed(source: AsyncIterable<Uint8Array>, through: Duplex): AsyncGenerator<Uint8Array> {
  const stop = new AbortController();
  const failure: { error?: unknown } = {};
  const fed = pipeline(Readable.from(source, { objectMode: false }), through, { signal: stop.signal }).catch(
    (error: unknown) => {
      failure.error ??= error;
    },
  );
  let done = false;
  try {
    for await (const part of through as AsyncIterable<Uint8Array>) yield part;
    done = true;
  } catch (error) {
    await fed;
    throw failure.error ?? error;
  } finally {
    if (!done) stop.abort();
    await fed;
  }
}
