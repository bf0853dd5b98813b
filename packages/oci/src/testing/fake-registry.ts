import { createHash, randomUUID } from 'node:crypto';
import type { RegistryAnswer, RegistryRequest, RegistryTransport } from '../transport.js';

/** Stands in place of the answer, or changes it; undefined leaves it. */
export type Fault = (
  request: RegistryRequest,
  answer: () => Promise<FakeAnswer>,
) => Promise<FakeAnswer> | FakeAnswer | undefined;

/** An answer whose body may break off. */
export interface FakeAnswer {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
  /** The connection breaks after so many bytes of the body. */
  cutAfter?: number;
  /** The body stops to come after so many bytes. */
  silentAfter?: number;
}

export type FakeLogin =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | {
      readonly kind: 'bearer';
      readonly username?: string;
      readonly password?: string;
      readonly refreshToken?: string;
      readonly realm?: string;
      readonly expiresIn?: number;
    };

/** A registry in memory that speaks the distribution protocol, counts what is asked, and fails on demand. */
export class FakeRegistry {
  readonly blobs = new Map<string, Buffer>();
  readonly manifests = new Map<string, { readonly type: string; readonly bytes: Buffer }>();
  readonly uploads = new Map<string, Buffer>();
  /** `METHOD path?query` of every request. */
  readonly asked: string[] = [];
  readonly requests: RegistryRequest[] = [];
  readonly tokens = new Map<string, string>();
  faults: Fault[] = [];
  ranges = true;
  login: FakeLogin = { kind: 'none' };
  minChunk: number | undefined;
  /** Blobs are served by this host, as storage services do it. */
  storage: string | undefined;
  host = 'registry.test';

  readonly transport: RegistryTransport = async (request) => {
    const url = new URL(request.url);
    this.asked.push(`${request.method} ${url.pathname}${url.search}`);
    this.requests.push(request);
    const normal = async () => this.#answer(request, url);
    for (const [i, fault] of this.faults.entries()) {
      const spent = () => this.faults.splice(i, 1);
      const instead = await Promise.resolve(fault(request, normal)).catch((broken: unknown) => {
        spent();
        throw broken;
      });
      if (instead === undefined) continue;
      spent();
      return streamed(request, instead);
    }
    return streamed(request, await normal());
  };

  /** How often something was asked. */
  count(pattern: RegExp): number {
    return this.asked.filter((line) => pattern.test(line)).length;
  }

  putBlob(repository: string, bytes: Uint8Array): { digest: `sha256:${string}`; size: number } {
    const digest = sha(bytes);
    this.blobs.set(`${repository}@${digest}`, Buffer.from(bytes));
    return { digest, size: bytes.length };
  }

  putManifest(repository: string, tag: string, manifest: object, type?: string): `sha256:${string}` {
    const bytes = Buffer.from(JSON.stringify(manifest));
    const entry = { bytes, type: type ?? (manifest as { mediaType: string }).mediaType };
    this.manifests.set(`${repository}@${sha(bytes)}`, entry);
    this.manifests.set(`${repository}@${tag}`, entry);
    return sha(bytes);
  }

  #answer(request: RegistryRequest, url: URL): FakeAnswer {
    const at = (path: RegExp) => path.exec(url.pathname)?.slice(1) ?? undefined;
    const { method } = request;
    if (url.host === this.storage) return this.#blob(this.blobs.get(url.searchParams.get('key') ?? ''), request);
    if (url.pathname === '/token') return this.#token(request, url);
    const refused = this.#refusal(request, url);
    if (refused !== undefined) return refused;
    const blob = at(/^\/v2\/(.+)\/blobs\/(sha256:[0-9a-f]+)$/);
    if (blob !== undefined) {
      const key = `${blob[0]}@${blob[1]}`;
      if (this.storage !== undefined && method === 'GET') {
        return plain(307, { location: `https://${this.storage}/x?key=${encodeURIComponent(key)}&sig=SECRET` });
      }
      return this.#blob(this.blobs.get(key), request);
    }
    const manifest = at(/^\/v2\/(.+)\/manifests\/(.+)$/);
    if (manifest !== undefined) return this.#manifest(`${manifest[0]}`, `${manifest[1]}`, request);
    const start = at(/^\/v2\/(.+)\/blobs\/uploads\/$/);
    if (start !== undefined && method === 'POST') {
      const mount = url.searchParams.get('mount');
      const from = this.blobs.get(`${url.searchParams.get('from')}@${mount}`);
      if (mount !== null && from !== undefined) {
        this.blobs.set(`${start[0]}@${mount}`, from);
        return plain(201, { location: `/v2/${start[0]}/blobs/${mount}` });
      }
      const id = randomUUID();
      this.uploads.set(id, Buffer.alloc(0));
      const least: Record<string, string> =
        this.minChunk === undefined ? {} : { 'oci-chunk-min-length': `${this.minChunk}` };
      return plain(202, { location: `/v2/${start[0]}/blobs/uploads/${id}?state=1`, ...least });
    }
    const session = at(/^\/v2\/(.+)\/blobs\/uploads\/(.+)$/);
    if (session !== undefined) return this.#upload(`${session[0]}`, `${session[1]}`, request, url);
    return error(404, 'NAME_UNKNOWN', 'no such thing');
  }

  #upload(repository: string, id: string, request: RegistryRequest, url: URL): FakeAnswer {
    const have = this.uploads.get(id);
    if (have === undefined) return error(404, 'BLOB_UPLOAD_UNKNOWN', 'upload unknown');
    const location = `/v2/${repository}/blobs/uploads/${id}?state=${have.length}`;
    const body = Buffer.from(request.body ?? []);
    if (request.method === 'GET') return plain(204, { location, range: `0-${Math.max(have.length - 1, 0)}` });
    if (request.method === 'PATCH') {
      const first = Number(/^(\d+)-/.exec(request.headers['content-range'] ?? '')?.[1]);
      if (first !== have.length) return error(416, 'BLOB_UPLOAD_INVALID', 'wrong range');
      const all = Buffer.concat([have, body]);
      this.uploads.set(id, all);
      return plain(202, { location, range: `0-${all.length - 1}` });
    }
    const all = Buffer.concat([have, body]);
    const digest = url.searchParams.get('digest');
    if (sha(all) !== digest) return error(400, 'DIGEST_INVALID', 'digest differs');
    this.uploads.delete(id);
    this.blobs.set(`${repository}@${digest}`, all);
    return plain(201, { location: `/v2/${repository}/blobs/${digest}` });
  }

  #manifest(repository: string, name: string, request: RegistryRequest): FakeAnswer {
    if (request.method === 'PUT') {
      const bytes = Buffer.from(request.body ?? []);
      const body = JSON.parse(bytes.toString()) as { config: { digest: string }; layers: { digest: string }[] };
      for (const part of [body.config, ...body.layers]) {
        if (!this.blobs.has(`${repository}@${part.digest}`)) return error(400, 'MANIFEST_BLOB_UNKNOWN', part.digest);
      }
      const entry = { bytes, type: request.headers['content-type'] ?? '' };
      this.manifests.set(`${repository}@${name}`, entry);
      this.manifests.set(`${repository}@${sha(bytes)}`, entry);
      return plain(201, { 'docker-content-digest': sha(bytes) });
    }
    const found = this.manifests.get(`${repository}@${name}`);
    if (found === undefined) return error(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
    return {
      status: 200,
      headers: { 'content-type': found.type, 'docker-content-digest': sha(found.bytes) },
      body: found.bytes,
    };
  }

  #blob(bytes: Buffer | undefined, request: RegistryRequest): FakeAnswer {
    if (bytes === undefined) return error(404, 'BLOB_UNKNOWN', 'blob unknown');
    if (request.method === 'HEAD') return plain(200, { 'content-length': `${bytes.length}` });
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from === 0 || !this.ranges) return { status: 200, headers: {}, body: bytes };
    const range = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
    return { status: 206, headers: { 'content-range': range }, body: bytes.subarray(from) };
  }

  #refusal(request: RegistryRequest, url: URL): FakeAnswer | undefined {
    const { login } = this;
    const sent = request.headers.authorization;
    if (login.kind === 'basic') {
      if (sent === `Basic ${base64(`${login.username}:${login.password}`)}`) return undefined;
      return error(401, 'UNAUTHORIZED', 'authentication required', { 'www-authenticate': 'Basic realm="test"' });
    }
    if (login.kind === 'bearer') {
      const [repository] = /^\/v2\/(.+?)\/(?:blobs|manifests)/.exec(url.pathname)?.slice(1) ?? [];
      const actions = request.method === 'GET' ? 'pull' : 'pull,push';
      const scope = this.tokens.get(sent?.replace('Bearer ', '') ?? '') ?? '';
      const granted = scope
        .split(' ')
        .some((s) => s === `repository:${repository}:pull,push` || s === `repository:${repository}:${actions}`);
      if (granted) return undefined;
      const realm = login.realm ?? `${/^127\./.test(this.host) ? 'http' : 'https'}://${this.host}/token`;
      return error(401, 'UNAUTHORIZED', 'authentication required', {
        'www-authenticate': `Bearer realm="${realm}",service="test \\"quoted\\"",scope="repository:${repository}:${actions}"`,
      });
    }
    return undefined;
  }

  #token(request: RegistryRequest, url: URL): FakeAnswer {
    const { login } = this;
    if (login.kind !== 'bearer') return error(404, 'UNSUPPORTED', '');
    let scopes = url.searchParams.getAll('scope').join(' ');
    if (request.method === 'POST') {
      const form = new URLSearchParams(Buffer.from(request.body ?? []).toString());
      if (form.get('grant_type') !== 'refresh_token' || form.get('refresh_token') !== login.refreshToken) {
        return error(401, 'UNAUTHORIZED', 'bad refresh token');
      }
      scopes = form.get('scope') ?? '';
    } else if (login.username !== undefined) {
      const right = `Basic ${base64(`${login.username}:${login.password}`)}`;
      if (request.headers.authorization !== right) return error(401, 'UNAUTHORIZED', 'bad password');
    }
    const token = `token-${this.tokens.size + 1}`;
    this.tokens.set(token, scopes);
    const expires = login.expiresIn === undefined ? {} : { expires_in: login.expiresIn };
    return { status: 200, headers: {}, body: Buffer.from(JSON.stringify({ token, ...expires })) };
  }
}

export const sha = (bytes: Uint8Array): `sha256:${string}` =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export const plain = (status: number, headers: Record<string, string> = {}): FakeAnswer => ({
  status,
  headers,
  body: new Uint8Array(),
});

export const error = (
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): FakeAnswer => ({
  status,
  headers,
  body: Buffer.from(JSON.stringify({ errors: [{ code, message }] })),
});

const base64 = (text: string) => Buffer.from(text).toString('base64');

function streamed(request: RegistryRequest, answer: FakeAnswer): RegistryAnswer {
  async function* body(): AsyncGenerator<Uint8Array> {
    const end = Math.min(answer.cutAfter ?? Infinity, answer.silentAfter ?? Infinity, answer.body.length);
    // Odd parts, so that no reader may count on whole blocks.
    for (let at = 0; at < end; at += 7001) yield answer.body.subarray(at, Math.min(at + 7001, end));
    if (answer.silentAfter !== undefined) {
      await new Promise((_, reject) => {
        request.signal.addEventListener('abort', () => reject(request.signal.reason), { once: true });
      });
    }
    if (answer.cutAfter !== undefined) throw new Error('socket hang up');
  }
  return { status: answer.status, headers: answer.headers, body: request.method === 'HEAD' ? none() : body() };
}

async function* none(): AsyncGenerator<Uint8Array> {}
