import type { Scope } from './authorizer.js';
import { type BlobSource, inChunks } from './blob-source.js';
import { Digester } from './digest.js';
import { ociError } from './errors.js';
import type { Ask, Exchange } from './exchange.js';
import { Patience, Transient } from './retries.js';
import type { WireAnswer } from './wire.js';

/** The registry no longer knows the upload, or lost bytes of it: everything has to be sent anew. */
class UploadLost extends Transient {}

/** What an upload needs to know of its surroundings. */
export interface UploadTarget {
  readonly exchange: Exchange;
  readonly registry: string;
  /** `https://HOST/v2/NAME/blobs/uploads/` */
  readonly uploads: URL;
  readonly scopes: readonly Scope[];
  readonly what: string;
  readonly chunkBytes: number;
  /** Whether the blob is there already: asked when the answer to the last request was lost. */
  readonly exists: () => Promise<boolean>;
  readonly signal?: AbortSignal;
}

/**
 * Sends a blob in chunks. A chunk that fails is asked about and sent on from where the registry stands; an upload that the
 * registry forgot is begun anew. At most one chunk is in memory.
 *
 * `begun` is an upload that exists already (a mount that the registry turned into one).
 */
export async function upload(target: UploadTarget, blob: BlobSource, begun?: WireAnswer): Promise<void> {
  const patience = new Patience(target.what, target.exchange.retryContext(target.signal));
  let start = begun;
  for (;;) {
    try {
      const session = start ?? (await target.exchange.ask(asking(target, 'POST', target.uploads, [202])));
      start = undefined;
      await send(target, blob, session);
      return;
    } catch (error) {
      if (!(error instanceof UploadLost)) throw error;
      if (await target.exists()) return;
      await patience.afterFailure(error);
    }
  }
}

async function send(target: UploadTarget, blob: BlobSource, session: WireAnswer): Promise<void> {
  const { exchange } = target;
  session.discard();
  let location = exchange.location(session, target.what, target.registry);
  const least = Number(session.headers['oci-chunk-min-length'] ?? 0);
  const chunkBytes = Math.max(target.chunkBytes, Number.isSafeInteger(least) ? least : 0);
  const seen = new Digester();
  let offset = 0;
  for await (const chunk of inChunks(blob.open(), chunkBytes)) {
    seen.update(chunk);
    if (seen.size > blob.size) throw ociError('SOURCE_CHANGED', target.what);
    // A blob of one chunk goes with the closing request: one round trip less for each configuration.
    if (blob.size <= chunkBytes) {
      if (seen.size < blob.size) throw ociError('SOURCE_CHANGED', target.what);
      await close(target, location, blob, chunk);
      return;
    }
    location = await sendChunk(target, location, chunk, offset);
    offset += chunk.length;
  }
  if (seen.size !== blob.size || seen.digest() !== blob.digest) throw ociError('SOURCE_CHANGED', target.what);
  await close(target, location, blob, new Uint8Array());
}

/** Sends one chunk, whatever it takes; answers where to send the next. */
async function sendChunk(target: UploadTarget, first: URL, chunk: Uint8Array, offset: number): Promise<URL> {
  const { exchange } = target;
  const patience = new Patience(target.what, exchange.retryContext(target.signal));
  const end = offset + chunk.length;
  let location = first;
  let from = offset;
  let why = '';
  for (;;) {
    try {
      const headers = { 'content-type': 'application/octet-stream', 'content-range': `${from}-${end - 1}` };
      const body = chunk.subarray(from - offset);
      const answer = await exchange.askOnce({ ...asking(target, 'PATCH', location, [202, 404, 416]), headers, body });
      answer.discard();
      if (answer.status !== 202) throw new UploadLost(`HTTP ${answer.status} to a chunk`);
      const reached = received(answer);
      if (reached !== undefined && reached !== end) throw new UploadLost(`the registry has ${reached} bytes of ${end}`);
      return exchange.location(answer, target.what, target.registry);
    } catch (error) {
      if (error instanceof UploadLost) throw error;
      if (error instanceof Transient) why = error.why;
      await patience.afterFailure(error);
    }
    const status = await exchange.ask(asking(target, 'GET', location, [204, 404]));
    status.discard();
    if (status.status === 404) throw new UploadLost(`${why}, and the registry forgot the upload`);
    const reached = received(status);
    if (reached === undefined || reached < offset || reached > end) {
      throw new UploadLost(`${why}, and the registry does not say how far it came`);
    }
    if (status.headers.location !== undefined) location = exchange.location(status, target.what, target.registry);
    if (reached === end) return location;
    from = reached;
  }
}

async function close(target: UploadTarget, location: URL, blob: BlobSource, rest: Uint8Array): Promise<void> {
  const url = new URL(location);
  url.searchParams.set('digest', blob.digest);
  const headers = { 'content-type': 'application/octet-stream' };
  try {
    const answer = await target.exchange.askOnce({
      ...asking(target, 'PUT', url, [201, 202, 204, 404, 416]),
      headers,
      body: rest,
    });
    answer.discard();
    if (answer.status >= 400) throw new UploadLost(`HTTP ${answer.status} at the end of the upload`);
  } catch (error) {
    // It may have been carried out with the answer lost; the caller looks before it sends again.
    if (error instanceof Transient) throw new UploadLost(error.why, error.retryAfterMs, error);
    throw error;
  }
}

/** How many bytes the registry says it has, from `Range: 0-N`. `0-0` may mean none or one: not known. */
function received(answer: WireAnswer): number | undefined {
  const match = /^(?:bytes=)?0-(\d+)$/.exec(answer.headers.range ?? '');
  const last = Number(match?.[1] ?? 0);
  return last === 0 ? undefined : last + 1;
}

const asking = (target: UploadTarget, method: Ask['method'], url: URL, accept: readonly number[]): Ask => ({
  method,
  url,
  accept,
  registry: target.registry,
  scopes: target.scopes,
  what: target.what,
  ...(target.signal === undefined ? {} : { signal: target.signal }),
});
