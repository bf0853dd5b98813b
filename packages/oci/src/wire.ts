import type { Clock } from './clock.js';
import { OciError, ociError } from './errors.js';
import { retryAfterMs, Transient } from './retries.js';
import type { RegistryRequest, RegistryTransport } from './transport.js';

/** Which hosts may be asked without TLS: loopback ones (the default), all, or none. */
export type PlainHttp = 'loopback' | 'always' | 'never';

/** An answer whose body is read under a watch for silence. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Where it came from. */
  readonly url: string;
  /** Rejects with {@link Transient} when the connection breaks or falls silent. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Reads a small body; what is longer than `limit` bytes is cut off with its connection. */
  text(limit: number): Promise<string>;
  /** Closes the connection without reading on. */
  discard(): void;
}

/** One try at one request: refuses insecure URLs, watches for silence, and tells what may be tried again. */
export class Wire {
  constructor(
    private readonly options: {
      readonly transport: RegistryTransport;
      readonly clock: Clock;
      readonly plainHttp: PlainHttp;
      /** How long a connection may stay silent. */
      readonly idleMs: number;
    },
  ) {}

  /** `https` unless the host may be asked without. */
  origin(host: string): string {
    const { plainHttp } = this.options;
    const plain =
      plainHttp === 'always' || (plainHttp === 'loopback' && isLoopback(new URL(`http://${host}`).hostname));
    return `${plain ? 'http' : 'https'}://${host}`;
  }

  /** Throws `INSECURE` for a URL that must not be asked. Only a registry on loopback leads to loopback without TLS. */
  admit(url: URL, onBehalfOf = url.host): URL {
    const { plainHttp } = this.options;
    const loopback = isLoopback(url.hostname) && isLoopback(new URL(`http://${onBehalfOf}`).hostname);
    const allowed =
      url.protocol === 'https:' ||
      (url.protocol === 'http:' && (plainHttp === 'always' || (plainHttp === 'loopback' && loopback)));
    if (!allowed) throw ociError('INSECURE', shown(url));
    return url;
  }

  async send(
    request: Omit<RegistryRequest, 'signal' | 'url'> & { readonly url: URL },
    signal?: AbortSignal,
  ): Promise<WireAnswer> {
    signal?.throwIfAborted();
    const url = this.admit(request.url, request.onBehalfOf);
    const { clock, idleMs, transport } = this.options;
    const controller = new AbortController();
    const onAbort = () => controller.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    const finish = () => signal?.removeEventListener('abort', onAbort);
    const failed = (error: unknown): unknown => {
      finish();
      if (signal?.aborted) return signal.reason;
      // Judged before anything was asked: another try would be judged the same.
      if (OciError.is(error)) return error;
      const cause = controller.signal.aborted ? controller.signal.reason : error;
      return new Transient(cause instanceof Error ? cause.message : String(cause), undefined, cause);
    };
    /** Waits for a step, at most as long as silence is allowed. The reader's own pauses do not count. */
    const watched = async <T>(step: Promise<T>): Promise<T> => {
      const cancel = clock.after(idleMs, () => controller.abort(new Error(`nothing came for ${idleMs} ms`)));
      try {
        return await step;
      } catch (error) {
        throw failed(error);
      } finally {
        cancel();
      }
    };

    const answer = await watched(transport({ ...request, url: url.href, signal: controller.signal }));
    const discard = () => {
      finish();
      controller.abort(new Error('the rest of the answer is not needed'));
    };
    async function* read(): AsyncGenerator<Uint8Array, void, undefined> {
      const iterator = answer.body[Symbol.asyncIterator]();
      let open = true;
      try {
        for (;;) {
          const step = await watched(iterator.next());
          if (step.done === true) break;
          yield step.value;
        }
        open = false;
      } finally {
        if (open) discard();
        else finish();
      }
    }
    return {
      status: answer.status,
      headers: answer.headers,
      url: url.href,
      body: read(),
      discard,
      async text(limit) {
        const parts: Uint8Array[] = [];
        let size = 0;
        for await (const part of read()) {
          parts.push(part);
          size += part.length;
          if (size > limit) break;
        }
        return Buffer.concat(parts).subarray(0, limit).toString('utf8');
      },
    };
  }

  /** Throws {@link Transient} for an answer that another try may better. */
  async refuseTransient(answer: WireAnswer): Promise<void> {
    if (![408, 429, 500, 502, 503, 504].includes(answer.status)) return;
    const said = await saidOf(answer);
    throw new Transient(
      `HTTP ${answer.status}${said}`,
      retryAfterMs(answer.headers['retry-after'], this.options.clock.now()),
    );
  }
}

/** What the registry says in an error's body, to be put behind a sentence; empty when it says nothing readable. */
export async function saidOf(answer: WireAnswer): Promise<string> {
  const text = await answer.text(65_536).catch(() => '');
  try {
    const body = JSON.parse(text) as {
      readonly errors?: unknown;
      readonly message?: unknown;
      readonly error?: unknown;
    };
    const first: unknown = Array.isArray(body.errors) ? body.errors[0] : { message: body.message ?? body.error };
    const { code, message } = (first ?? {}) as { readonly code?: unknown; readonly message?: unknown };
    const said = [code, message].filter((part) => typeof part === 'string' && part !== '').join(': ');
    return said === '' ? '' : ` (it says ${said.slice(0, 300)})`;
  } catch {
    return '';
  }
}

/** A URL fit for messages: without the query, which may hold a signature, and without user and password. */
export const shown = (url: URL | string): string => {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
};

function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(\.\d+){3}$/.test(hostname)
  );
}
