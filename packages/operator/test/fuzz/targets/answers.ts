import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { OciError, pullFiles, pushImage, type RegistryTransport } from '@kaito-sdk/oci';
import { plain as answered, FakeRegistry } from '@kaito-sdk/oci/testing';
import fc from 'fast-check';
import { hostileJson, hostileText, MARKER } from '../hostile-values.js';
import { mutated } from '../mutation.js';
import { refusing, type Target } from '../target.js';

/** Silence is what this clock never waits for; everything else is over at once. */
const SILENCE = 123_457;
const instant = {
  now: () => 0,
  after(ms: number, task: () => void) {
    if (ms === SILENCE) return () => undefined;
    const soon = setImmediate(task);
    return () => clearImmediate(soon);
  },
};

const zeros = `sha256:${'0'.repeat(64)}`;
const manifest = {
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: zeros, size: 2 },
  layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: zeros, size: 10 }],
  annotations: { a: 'b' },
};
const index = {
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  manifests: [
    { mediaType: manifest.mediaType, digest: zeros, size: 10, platform: { os: 'linux', architecture: 'amd64' } },
  ],
};
const token = { token: 'abc', access_token: 'abc', expires_in: 60 };
const errors = { errors: [{ code: 'DENIED', message: 'no', detail: {} }] };

interface Answer {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
}

const headers = fc.record(
  {
    'www-authenticate': fc.oneof(
      fc.constantFrom(
        'Bearer realm="https://registry.test/token",service="x"',
        'Basic realm="x"',
        'Bearer',
        'Negotiate abc',
        'Bearer realm="http://127.0.0.1/token"',
        'Bearer realm="https://user:pass@x/"',
      ),
      fc.tuple(hostileText, hostileText).map(([a, b]) => `Bearer realm="${a}",${b}="x"`),
      hostileText,
    ),
    location: fc.oneof(
      fc.constantFrom(
        '/v2/a/blobs/uploads/1',
        'https://storage.test/x?sig=1',
        'http://127.0.0.1/x',
        '//x',
        'javascript:alert(1)',
        '/v2/a/manifests/1',
      ),
      hostileText,
    ),
    'content-type': fc.oneof(fc.constantFrom(manifest.mediaType, index.mediaType, 'text/html'), hostileText),
    'docker-content-digest': fc.oneof(fc.constant(zeros), hostileText),
    'content-range': fc.oneof(fc.constantFrom('bytes 0-1/2', 'bytes 5-'), hostileText),
    range: fc.oneof(fc.constantFrom('0-0', '0-9', 'bytes=0-99999999999999'), hostileText),
    'retry-after': fc.oneof(fc.constantFrom('1', '99999999999999', 'Wed, 21 Oct 2099 07:28:00 GMT'), hostileText),
    'oci-chunk-min-length': fc.oneof(fc.constantFrom('1', '99999999999999999999'), hostileText),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<{ readonly [name: string]: string }>;

const answer: fc.Arbitrary<Answer> = fc.record({
  status: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(200, 201, 202, 204, 206, 301, 307, 401, 403, 404, 416, 429, 500, 503) },
    fc.integer({ min: 0, max: 999 }),
  ),
  headers,
  body: fc.oneof(
    { weight: 6, arbitrary: mutated(manifest, index, token, errors).map((json) => JSON.stringify(json)) },
    hostileJson.map((json) => JSON.stringify(json)),
    hostileText,
  ),
});

let folder = '';
const start = async () => {
  folder = mkdtempSync(join(tmpdir(), 'kaito-fuzz-'));
};
const stop = async () => rmSync(folder, { recursive: true, force: true });
const isOcis = (error: unknown) => OciError.is(error);

/** Whatever a registry answers: an error of the client's own, no word of the password, and nothing outside the folder. */
async function pullAndPush(transport: RegistryTransport): Promise<void> {
  const own = mkdtempSync(join(folder, 'run-'));
  const options = {
    transport,
    clock: instant,
    random: () => 0.5,
    idleMs: SILENCE,
    retry: { attempts: 2, baseMs: 1, capMs: 1 },
  };
  const auth = { kind: 'basic', username: 'user', password: MARKER } as const;
  const limits = { files: 20, bytes: 100_000, unpackedBytes: 1_000_000, entries: 100 };
  const into = join(own, 'into');
  await refusing(() => pullFiles('registry.test/a:1', { ...options, auth, path: 'data', into, limits }), isOcis);
  const files = [{ path: 'data/a', from: { content: 'a' } }];
  await refusing(() => pushImage({ ...options, ref: 'registry.test/a:1', auth, files }), isOcis);
  const strays = readdirSync(own).filter((name) => name !== 'into');
  if (strays.length > 0 || existsSync(join(folder, 'evil')) || existsSync(join(tmpdir(), 'evil')))
    throw new Error(`it wrote ${strays.join(', ')}`);
  rmSync(own, { recursive: true });
}

const registry: Target<readonly Answer[]> = {
  name: 'registry answers',
  start,
  stop,
  runs: 150,
  input: fc.array(answer, { minLength: 1, maxLength: 8 }),
  async run(answers) {
    let asked = 0;
    await pullAndPush(async (request) => {
      const { status, headers, body } = answers[asked++ % answers.length] as Answer;
      if (asked > 400) throw new Error('it asks without end');
      const sent = JSON.stringify(request.headers);
      if (sent.includes(Buffer.from(`user:${MARKER}`).toString('base64')) && !request.url.startsWith('https:'))
        throw new Error('a password goes over plain http');
      return { status, headers, body: once(body) };
    });
  },
};

async function* once(body: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(body);
}

interface TarEntry {
  readonly name: string;
  readonly type: string;
  readonly target: string;
  readonly content: string;
  readonly size: string;
}

/** An image of wounded archives in a registry that is right otherwise. */
const archives: Target<{
  readonly layers: readonly (readonly TarEntry[])[];
  readonly flips: readonly number[];
  readonly gzip: boolean;
}> = {
  name: 'image archives',
  start,
  stop,
  runs: 25,
  input: fc.record({
    layers: fc.array(
      fc.array(
        fc.record({
          name: fc.oneof(
            {
              weight: 3,
              arbitrary: fc.constantFrom(
                'data/a',
                'data/b/c',
                'data',
                'data/',
                'data/.wh.a',
                'data/.wh..wh..opq',
                'data/../../evil',
                '/evil',
                '../evil',
                'data/.wh...',
                'data/a/b',
                '.oci-partial',
                'data/.oci-partial/x',
              ),
            },
            hostileText.map((text) => `data/${text}`),
          ),
          type: fc.oneof(
            { weight: 6, arbitrary: fc.constantFrom('0', '0', '0', '5', '2', '1') },
            fc.constantFrom('3', '4', '6', 'x', 'g', 'L', 'K', 'S', 'Z', '\0'),
          ),
          target: fc.oneof(fc.constantFrom('a', 'data/a', '/etc/passwd', '../../x', '.', 'b/c'), hostileText),
          content: fc.oneof(
            fc.constantFrom('', 'x', '30 path=data/../../evil-evil\n', '20 size=99999999999\n'),
            hostileText.map((text) => text.slice(0, 2000)),
          ),
          size: fc.constantFrom('', '', '', '77777777777', '-1', 'abc', '\u0080'),
        }),
        { maxLength: 6 },
      ),
      { minLength: 1, maxLength: 3 },
    ),
    flips: fc.array(fc.nat(), { maxLength: 2 }),
    gzip: fc.boolean(),
  }),
  async run({ layers, flips, gzip }) {
    const fake = new FakeRegistry();
    const described = layers.map((entries) => {
      const archive = Buffer.concat([...entries.map(block), Buffer.alloc(1024)]);
      for (const flip of flips) archive[flip % archive.length] = (archive[flip % archive.length] ?? 0) ^ 0xff;
      const bytes = gzip ? gzipSync(archive) : archive;
      return { mediaType: `application/vnd.oci.image.layer.v1.tar${gzip ? '+gzip' : ''}`, ...fake.putBlob('a', bytes) };
    });
    const config = { ...manifest.config, ...fake.putBlob('a', Buffer.from('{}')) };
    fake.putManifest('a', '1', { ...manifest, config, layers: described });
    fake.faults = [(request) => (request.method === 'PUT' ? answered(403) : undefined)];
    await pullAndPush(fake.transport);
  },
};

function block({ name, type, target, content, size }: TarEntry): Buffer {
  const body = Buffer.from(content);
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  header.write('0000644\0', 100);
  header.write(size === '' ? `${body.length.toString(8).padStart(11, '0')}\0` : size, 124, 12, 'latin1');
  header.write('        ', 148);
  header.write(type, 156, 1);
  header.write(target, 157, 100);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

export const answers: readonly Target<never>[] = [registry, archives] as never;
