import type { Scope } from './authorizer.js';
import type { BlobSource } from './blob-source.js';
import type { Clock } from './clock.js';
import type { Auth } from './credentials.js';
import { type Digest, Digester, digestOf, isDigest } from './digest.js';
import { ociError } from './errors.js';
import { type Ask, Exchange } from './exchange.js';
import { httpTransport } from './http-transport.js';
import {
  choosePlatform,
  type Descriptor,
  type ImageManifest,
  type Manifest,
  type Platform,
  parseManifest,
} from './manifest.js';
import { mediaTypes } from './media-types.js';
import { formatReference, type Reference, servingHost, wanted } from './reference.js';
import { defaultRetryPolicy, Patience, type RetryPolicy, Transient } from './retries.js';
import { systemClock, systemRandom } from './system-clock.js';
import type { RegistryTransport } from './transport.js';
import { upload } from './upload.js';
import { type PlainHttp, Wire, type WireAnswer } from './wire.js';

/** How to talk to registries; everything has a default. */
export interface RegistryOptions {
  /** Anonymous if absent. */
  readonly auth?: Auth;
  /** HTTP through Node if absent; `httpTransport({ ca })` for private authorities. */
  readonly transport?: RegistryTransport;
  readonly clock?: Clock;
  /** In [0, 1): spreads retries. */
  readonly random?: () => number;
  readonly retry?: RetryPolicy;
  /** Which hosts are asked without TLS. Default `loopback`. */
  readonly plainHttp?: PlainHttp;
  /** A connection on which nothing comes for so long is given up and tried again. Default 60,000. */
  readonly idleMs?: number;
  /** Bytes sent with one request, and so held in memory. Default 16 MiB; some registries refuse less than 5 MiB. */
  readonly chunkBytes?: number;
  readonly userAgent?: string;
}

/** A manifest as the registry gave it, its digest computed and not taken on trust. */
export interface FetchedManifest<M extends Manifest = Manifest> {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  readonly manifest: M;
}

/** How a blob came to be in the registry. */
export type BlobOutcome = 'present' | 'mounted' | 'uploaded';

/** The limit that the registry specification sets for manifests. */
const manifestLimitBytes = 4 * 1024 * 1024;

/**
 * A client of container registries: manifests and blobs, read and written. One client serves any number of registries and
 * keeps their tokens; it holds no connection open by itself. Every failure is an {@link OciError}, but for an abort, which
 * rejects with the signal's reason.
 */
export class Registry {
  readonly #exchange: Exchange;
  readonly #wire: Wire;
  readonly #chunkBytes: number;

  constructor(options: RegistryOptions = {}) {
    const clock = options.clock ?? systemClock;
    this.#chunkBytes = options.chunkBytes ?? 16 * 1024 * 1024;
    this.#wire = new Wire({
      clock,
      transport: options.transport ?? httpTransport(),
      plainHttp: options.plainHttp ?? 'loopback',
      idleMs: options.idleMs ?? 60_000,
    });
    this.#exchange = new Exchange({
      clock,
      wire: this.#wire,
      random: options.random ?? systemRandom,
      policy: options.retry ?? defaultRetryPolicy,
      userAgent: options.userAgent ?? 'kaito-sdk-oci',
      ...(options.auth === undefined ? {} : { auth: options.auth }),
    });
  }

  /** The manifest or index that a reference names. */
  async manifest(reference: Reference, signal?: AbortSignal): Promise<FetchedManifest> {
    const what = `reading the manifest of ${formatReference(reference)}`;
    const answer = await this.#ask(reference, 'GET', `manifests/${wanted(reference)}`, [200], what, {
      headers: {
        accept: [mediaTypes.manifest, mediaTypes.index, mediaTypes.dockerManifest, mediaTypes.dockerIndex].join(', '),
      },
      signal,
    });
    const bytes = await readAll(answer, manifestLimitBytes, what);
    const digest = digestOf(bytes);
    const named = answer.headers['docker-content-digest'];
    const expected = reference.digest ?? (named !== undefined && isDigest(named) ? named : digest);
    if (expected !== digest)
      throw ociError('DIGEST_MISMATCH', `the manifest of ${formatReference(reference)}`, expected, digest);
    return {
      digest,
      bytes,
      manifest: parseManifest(bytes, answer.headers['content-type'], formatReference(reference)),
    };
  }

  /** The manifest of one image: of an index, that of the platform (see `choosePlatform`). */
  async image(
    reference: Reference,
    options: { readonly platform?: Platform; readonly signal?: AbortSignal } = {},
  ): Promise<FetchedManifest<ImageManifest>> {
    let fetched = await this.manifest(reference, options.signal);
    if (fetched.manifest.kind === 'index') {
      const chosen = choosePlatform(fetched.manifest, options.platform, formatReference(reference));
      fetched = await this.manifest({ ...reference, digest: chosen.digest }, options.signal);
    }
    const { manifest } = fetched;
    if (manifest.kind !== 'image')
      throw ociError('MANIFEST_INVALID', formatReference(reference), 'an index names an index');
    return { ...fetched, manifest };
  }

  /**
   * The bytes of a blob as they come. A broken connection is taken up where it broke. The digest is known to be right only
   * when the loop ends without an error: use nothing before.
   */
  async *blob(
    reference: Reference,
    blob: Pick<Descriptor, 'digest' | 'size'>,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const name = `the blob ${blob.digest} of ${formatReference(reference)}`;
    const patience = new Patience(`reading ${name}`, this.#exchange.retryContext(signal));
    const seen = new Digester();
    let takenUp = mostTimesTakenUp(blob.size);
    while (seen.size < blob.size) {
      try {
        const headers: Record<string, string> = seen.size > 0 ? { range: `bytes=${seen.size}-` } : {};
        const answer = await this.#ask(reference, 'GET', `blobs/${blob.digest}`, [200, 206], `reading ${name}`, {
          headers,
          signal,
        });
        // Without 206 the registry starts over: what is known already is passed by.
        let skip = answer.status === 206 ? 0 : seen.size;
        if (answer.status === 206 && !answer.headers['content-range']?.startsWith(`bytes ${seen.size}-`)) {
          answer.discard();
          throw ociError('ANSWER_INVALID', `reading ${name}`, 'it sends another range than asked for');
        }
        for await (const part of answer.body) {
          const bytes = part.subarray(Math.min(skip, part.length));
          skip -= part.length - bytes.length;
          if (bytes.length === 0) continue;
          seen.update(bytes);
          if (seen.size > blob.size) throw ociError('SIZE_MISMATCH', name, blob.size, seen.size);
          patience.progress();
          yield bytes;
        }
        if (seen.size < blob.size) throw new Transient(`it ended after ${seen.size} of ${blob.size} bytes`);
      } catch (error) {
        takenUp -= 1;
        if (takenUp < 0 && error instanceof Transient) {
          throw ociError('UNAVAILABLE', `reading ${name}`, mostTimesTakenUp(blob.size) + 1, error.why);
        }
        await patience.afterFailure(error);
      }
    }
    const digest = seen.digest();
    if (digest !== blob.digest) throw ociError('DIGEST_MISMATCH', name, blob.digest, digest);
  }

  /** Whether the repository has a blob. */
  async hasBlob(reference: Reference, digest: Digest, signal?: AbortSignal): Promise<boolean> {
    const what = `looking for ${digest} in ${formatReference(reference)}`;
    const answer = await this.#ask(reference, 'HEAD', `blobs/${digest}`, [200, 404], what, { signal, push: true });
    answer.discard();
    return answer.status === 200;
  }

  /**
   * Puts a blob into the repository, unless it is there. With `mountFrom`, another repository of the same registry, the
   * registry is asked to take it from there, which sends no bytes.
   */
  async pushBlob(
    reference: Reference,
    blob: BlobSource,
    options: { readonly mountFrom?: string; readonly signal?: AbortSignal } = {},
  ): Promise<BlobOutcome> {
    const { mountFrom, signal } = options;
    if (await this.hasBlob(reference, blob.digest, signal)) return 'present';
    const what = `sending ${blob.digest} to ${formatReference(reference)}`;
    const scopes = [scope(reference, true)];
    let begun: WireAnswer | undefined;
    if (mountFrom !== undefined) {
      const url = this.#url(reference, 'blobs/uploads/');
      url.searchParams.set('mount', blob.digest);
      url.searchParams.set('from', mountFrom);
      begun = await this.#exchange.ask({
        method: 'POST',
        url,
        what,
        registry: reference.registry,
        scopes: [...scopes, { repository: mountFrom, actions: 'pull' }],
        accept: [201, 202],
        ...(signal === undefined ? {} : { signal }),
      });
      if (begun.status === 201) {
        begun.discard();
        return 'mounted';
      }
    }
    const target = {
      exchange: this.#exchange,
      registry: reference.registry,
      uploads: this.#url(reference, 'blobs/uploads/'),
      scopes,
      what,
      chunkBytes: this.#chunkBytes,
      exists: () => this.hasBlob(reference, blob.digest, signal),
      ...(signal === undefined ? {} : { signal }),
    };
    await upload(target, blob, begun);
    return 'uploaded';
  }

  /** Writes a manifest under the reference's tag, or under its own digest if there is none. All blobs must be there. */
  async pushManifest(
    reference: Reference,
    bytes: Uint8Array,
    mediaType: string,
    signal?: AbortSignal,
  ): Promise<Digest> {
    const digest = digestOf(bytes);
    if (reference.digest !== undefined && reference.digest !== digest) {
      throw ociError('DIGEST_MISMATCH', `the manifest for ${formatReference(reference)}`, reference.digest, digest);
    }
    const what = `writing the manifest of ${formatReference(reference)}`;
    const answer = await this.#ask(reference, 'PUT', `manifests/${reference.tag ?? digest}`, [200, 201, 202], what, {
      headers: { 'content-type': mediaType },
      body: bytes,
      signal,
      push: true,
    });
    answer.discard();
    const named = answer.headers['docker-content-digest'];
    if (named !== undefined && isDigest(named) && named !== digest)
      throw ociError('DIGEST_MISMATCH', what, digest, named);
    return digest;
  }

  #url(reference: Reference, path: string): URL {
    return new URL(`/v2/${reference.repository}/${path}`, this.#wire.origin(servingHost(reference.registry)));
  }

  #ask(
    reference: Reference,
    method: Ask['method'],
    path: string,
    accept: readonly number[],
    what: string,
    more: {
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: Uint8Array;
      readonly signal?: AbortSignal | undefined;
      readonly push?: boolean;
    },
  ): Promise<WireAnswer> {
    return this.#exchange.ask({
      method,
      what,
      accept,
      url: this.#url(reference, path),
      registry: reference.registry,
      scopes: [scope(reference, more.push === true)],
      ...(more.headers === undefined ? {} : { headers: more.headers }),
      ...(more.body === undefined ? {} : { body: more.body }),
      ...(more.signal === undefined ? {} : { signal: more.signal }),
    });
  }
}

/** A registry that gives a byte at a time would otherwise be listened to for years. */
const mostTimesTakenUp = (bytes: number): number => 50 + Math.floor(bytes / (1024 * 1024));

const scope = (reference: Reference, push: boolean): Scope => ({
  repository: reference.repository,
  actions: push ? 'pull,push' : 'pull',
});

async function readAll(answer: WireAnswer, limit: number, what: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of answer.body) {
    parts.push(part);
    size += part.length;
    if (size > limit) throw ociError('LIMIT_EXCEEDED', what, 'manifest bytes', limit);
  }
  return Buffer.concat(parts);
}
