import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { mediaTypes, type OciErrorCode, type PullFilesOptions, pullFiles } from '@kaito-sdk/oci';
import { expect } from 'chai';
import { file, folder, hardlink, symlink, type TestEntry, tar } from './support/tar.js';
import { failure, World } from './support/world.js';

describe('pulling files out of an image', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world.close());

  const pull = (more: Partial<PullFilesOptions> = {}) =>
    pullFiles('registry.test/a:1', { ...world.options, path: 'data', into: world.path('out'), ...more });
  /** Pulls an image of these layers; answers what lies in the folder. */
  async function pulled(...layers: readonly (readonly TestEntry[])[]): Promise<Record<string, string>> {
    world.image(
      'a',
      '1',
      layers.map((entries) => tar(...entries)),
    );
    await pull();
    return contents(world.path('out'));
  }

  it('takes the files under the path, whole and by their names from there', async () => {
    const big = 'x'.repeat(100_000);
    const got = await pulled([
      file('etc/passwd', 'no'),
      folder('data/'),
      file('data/a.json', '{}'),
      file('./data/deep/er/b.bin', big),
      file('database', 'no'),
    ]);
    expect(got).to.deep.equal({ 'a.json': '{}', 'deep/er/b.bin': big });
  });

  it('answers digest, pinned reference and what it took', async () => {
    const digest = world.image('a', '1', [tar(file('data/run.sh', 'hi', 0o755))]);
    const result = await pull();
    expect(result.digest).to.equal(digest);
    expect(result.pinned).to.equal(`registry.test/a@${digest}`);
    expect(result.files).to.deep.equal([
      { path: 'run.sh', size: 2, digest: 'sha256:8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4' },
    ]);
    expect(statSync(world.path('out/run.sh')).mode & 0o111).to.equal(0o111);
  });

  it('lets upper layers replace files, and files replace folders and back', async () => {
    const got = await pulled(
      [file('data/a', 'old'), file('data/d/x', 'x'), file('data/f', 'file')],
      [file('data/a', 'new'), file('data/d', 'now a file'), folder('data/f'), file('data/f/y', 'y')],
    );
    expect(got).to.deep.equal({ a: 'new', d: 'now a file', 'f/y': 'y' });
  });

  it('honours deletions of upper layers, of files, folders and all above the path', async () => {
    expect(
      await pulled(
        [file('data/a', '1'), file('data/b', '2'), file('data/d/c', '3')],
        [file('data/.wh.a', ''), file('data/.wh.d', '')],
      ),
    ).to.deep.equal({ b: '2' });
  });

  it('lets a deletion hide only lower layers, wherever it stands in its own', async () => {
    expect(await pulled([file('data/a', 'old')], [file('data/a', 'new'), file('data/.wh.a', '')])).to.deep.equal({
      a: 'new',
    });
  });

  it('empties a folder that an upper layer marks opaque', async () => {
    expect(
      await pulled(
        [file('data/a', '1'), file('data/d/b', '2')],
        [file('data/new', '3'), file('data/.wh..wh..opq', '')],
      ),
    ).to.deep.equal({ new: '3' });
  });

  it('forgets everything when the root of the data was deleted', async () => {
    world.image('a', '1', [tar(file('data/a', '1')), tar(file('.wh.data', ''))]);
    expect((await failure(pull, 'PATH_MISSING')).message).to.contain('/data');
  });

  it('makes files of links that stay inside', async () => {
    const got = await pulled(
      [
        file('data/blobs/1', 'content'),
        symlink('data/model', 'blobs/1'),
        symlink('data/absolute', '/data/blobs/1'),
        symlink('data/folder', './blobs'),
        symlink('data/deep/through', '../folder/1'),
        hardlink('data/hard', 'data/blobs/1'),
      ].filter((entry) => entry.path !== 'data/folder' && entry.path !== 'data/deep/through'),
    );
    expect(got).to.deep.equal({ 'blobs/1': 'content', absolute: 'content', hard: 'content', model: 'content' });
  });

  it('links to a file of a lower layer, as it is below', async () => {
    expect(await pulled([file('data/a', '1')], [hardlink('data/b', 'data/a')])).to.deep.equal({ a: '1', b: '1' });
  });

  const hostile: readonly (readonly [string, readonly TestEntry[], OciErrorCode, RegExp])[] = [
    ['a name that climbs out', [file('data/../../evil', 'x')], 'ENTRY_ESCAPES', /leads out/],
    [
      'a name that climbs out elsewhere in the image',
      [file('../evil', 'x'), file('data/a', '1')],
      'ENTRY_ESCAPES',
      /leads out/,
    ],
    ['a link to a file outside', [symlink('data/a', '/etc/passwd')], 'ENTRY_ESCAPES', /no file under/],
    ['a link that climbs out', [symlink('data/a', '../../../etc/passwd')], 'ENTRY_ESCAPES', /no file under/],
    ['a link to itself', [symlink('data/a', 'a')], 'ENTRY_ESCAPES', /circle/],
    ['a file behind a link', [symlink('data/d', '/etc'), file('data/d/passwd', 'x')], 'ENTRY_ESCAPES', /behind a link/],
    ['a link in place of the folder', [symlink('data', '/etc')], 'ENTRY_UNSUPPORTED', /no folder/],
    [
      'a hard link to the outside',
      [file('etc/shadow', 'x'), hardlink('data/a', 'etc/shadow')],
      'ENTRY_ESCAPES',
      /hard link/,
    ],
    ['a hard link that climbs out', [hardlink('data/a', '../etc/shadow')], 'ENTRY_ESCAPES', /leads out/],
    ['a device', [{ path: 'data/a', type: '3' }], 'ENTRY_UNSUPPORTED', /character device/],
    ['a pipe', [{ path: 'data/a', type: '6' }], 'ENTRY_UNSUPPORTED', /named pipe/],
    ['a deletion of ".."', [file('data/.wh...', '')], 'ENTRY_ESCAPES', /leads out/],
    ['a name kept for unfinished pulls', [file('data/.oci-partial/x', '')], 'ENTRY_UNSUPPORTED', /cannot be used/],
    ['an unknown kind of entry', [{ path: 'data/a', type: 'Z' }], 'ARCHIVE_INVALID', /unknown type/],
  ];
  for (const [what, entries, code, message] of hostile) {
    it(`refuses ${what}, and leaves nothing`, async () => {
      world.image('a', '1', [tar(...entries)]);
      expect((await failure(pull, code)).message).to.match(message);
      expect(readdirSync(world.path('out'))).to.deep.equal([]);
      expect(readdirSync(world.folder)).to.deep.equal(['out']);
    });
  }

  it('minds no device outside of the path', async () => {
    expect(await pulled([{ path: 'dev/null', type: '3' }, file('data/a', '1')])).to.deep.equal({ a: '1' });
  });

  for (const [limit, value] of [
    ['files', 1],
    ['bytes', 9],
    ['unpackedBytes', 2000],
    ['entries', 2],
  ] as const) {
    it(`stops at the limit "${limit}" and names it`, async () => {
      world.image('a', '1', [tar(file('data/a', '12345'), file('data/b', '12345'), file('c', ''))]);
      const { message } = await failure(() => pull({ limits: { [limit]: value } }), 'LIMIT_EXCEEDED');
      expect(message).to.contain(`"${limit}"`).and.to.contain(String(value));
      expect(readdirSync(world.path('out'))).to.deep.equal([]);
    });
  }

  it('stops a small archive that unpacks to no end', async () => {
    world.image('a', '1', [tar(file('bomb', '0'.repeat(5_000_000)), file('data/a', '1'))]);
    await failure(() => pull({ limits: { unpackedBytes: 1_000_000 } }), 'LIMIT_EXCEEDED');
  });

  it('reads layers without compression and with zstd', async () => {
    world.image('a', '1', [tar(file('data/a', '1'))], 'application/vnd.oci.image.layer.v1.tar');
    await pull();
    world.image('a', '1', [zstdCompressSync(tar(file('data/a', '2')))], 'application/vnd.oci.image.layer.v1.tar+zstd');
    await pull({ existing: 'replace' });
    expect(contents(world.path('out'))).to.deep.equal({ a: '2' });
  });

  it('refuses a layer that is no archive, by its type', async () => {
    world.image('a', '1', [Buffer.from('{}')], 'application/json');
    expect((await failure(pull, 'LAYER_UNSUPPORTED')).message).to.contain('application/json');
  });

  it('refuses a broken archive, and one that is cut', async () => {
    world.image('a', '1', [Buffer.from('no tar at all'.repeat(100))]);
    await failure(pull, 'ARCHIVE_INVALID');
    world.image('a', '1', [tar(file('data/a', 'x'.repeat(2000))).subarray(0, 1500)]);
    await failure(pull, 'ARCHIVE_INVALID');
    world.image('a', '1', [Buffer.from('not packed')], 'application/vnd.oci.image.layer.v1.tar+zstd');
    await failure(pull, 'ARCHIVE_INVALID');
  });

  it('refuses a folder with files in it, before a layer is fetched', async () => {
    world.image('a', '1', [tar(file('data/a', '1'))]);
    mkdirSync(world.path('out'));
    writeFileSync(world.path('out/mine'), 'mine');
    await failure(pull, 'TARGET_NOT_EMPTY');
    expect(world.registry.count(/blobs/)).to.equal(0);
    expect(contents(world.path('out'))).to.deep.equal({ mine: 'mine' });
  });

  it('replaces what is there when asked to, and only once everything is fetched', async () => {
    mkdirSync(world.path('out/sub'), { recursive: true });
    writeFileSync(world.path('out/sub/old'), 'old');
    symlinkSync('/etc/passwd', world.path('out/a'));
    world.image('a', '1', [tar(file('data/a', '1')), tar(symlink('data/b', '/etc/passwd'))]);
    await failure(() => pull({ existing: 'replace' }), 'ENTRY_ESCAPES');
    expect(existsSync(world.path('out/sub/old'))).to.equal(true);
    world.image('a', '1', [tar(file('data/a', '1'))]);
    await pull({ existing: 'replace' });
    expect(contents(world.path('out'))).to.deep.equal({ a: '1' });
    expect(readFileSync('/etc/passwd', 'utf8')).not.to.equal('1');
  });

  it('clears away what a killed pull left, half moved or not', async () => {
    world.image('a', '1', [tar(file('data/a', '1'), file('data/b', '2'))]);
    mkdirSync(world.path('out/.oci-partial/tree'), { recursive: true });
    writeFileSync(world.path('out/.oci-partial/tree/b'), 'half');
    writeFileSync(world.path('out/.oci-partial/moving.json'), '["a","b"]');
    writeFileSync(world.path('out/a'), 'moved');
    await pull();
    expect(contents(world.path('out'))).to.deep.equal({ a: '1', b: '2' });
  });

  it('takes no name from a list of a killed pull that leads out of the folder', async () => {
    world.image('a', '1', [tar(file('data/a', '1'))]);
    writeFileSync(world.path('precious'), 'p');
    mkdirSync(world.path('out/.oci-partial'), { recursive: true });
    writeFileSync(world.path('out/.oci-partial/moving.json'), '["../precious", ".."]');
    await pull();
    expect(readFileSync(world.path('precious'), 'utf8')).to.equal('p');
  });

  describe('of an index', () => {
    beforeEach(() => {
      const image = (name: string, content: string) => ({
        mediaType: mediaTypes.manifest,
        digest: world.image('a', name, [tar(file('data/a', content))]),
        size: world.registry.manifests.get(`a@${name}`)!.bytes.length,
      });
      const entries = {
        amd64: { ...image('amd', 'amd64'), platform: { os: 'linux', architecture: 'amd64' } },
        arm64: { ...image('arm', 'arm64'), platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
        proof: { ...image('proof', 'no'), platform: { os: 'unknown', architecture: 'unknown' } },
      };
      const index = (tag: string, ...manifests: object[]) =>
        world.registry.putManifest('a', tag, { schemaVersion: 2, mediaType: mediaTypes.index, manifests });
      index('1', entries.proof, entries.arm64, entries.amd64);
      index('arm-only', entries.arm64, entries.proof);
    });

    it('takes linux/amd64 when nobody asks', async () => {
      await pull();
      expect(contents(world.path('out'))).to.deep.equal({ a: 'amd64' });
    });

    it('takes the platform asked for', async () => {
      await pull({ platform: { os: 'linux', architecture: 'arm64' } });
      expect(contents(world.path('out'))).to.deep.equal({ a: 'arm64' });
    });

    it('takes the only image when nobody asks, and never an attestation', async () => {
      await pullFiles('registry.test/a:arm-only', { ...world.options, path: '/data/', into: world.path('out') });
      expect(contents(world.path('out'))).to.deep.equal({ a: 'arm64' });
    });

    it('names what there is when the platform is missing', async () => {
      const { message } = await failure(
        () => pull({ platform: { os: 'linux', architecture: 's390x' } }),
        'PLATFORM_MISSING',
      );
      expect(message).to.contain('linux/s390x').and.to.contain('linux/arm64/v8, linux/amd64');
    });
  });

  describe('with a manifest that is not right', () => {
    const layers = [{ mediaType: mediaTypes.layer, digest: `sha256:${'0'.repeat(64)}`, size: 1 }];
    const config = layers[0];
    for (const [what, manifest, why] of [
      ['of the first schema', { schemaVersion: 1, mediaType: mediaTypes.manifest }, /schemaVersion/],
      [
        'with layers and manifests',
        { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers, manifests: [] },
        /at once/,
      ],
      ['of another type', { schemaVersion: 2, mediaType: 'text/html', config, layers }, /text\/html/],
      [
        'with a size that is no number',
        { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: [{ ...config, size: '1' }] },
        /layers\[0\]/,
      ],
      [
        'with a digest that cannot be checked',
        { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: [{ ...config, digest: 'md5:1' }] },
        /layers\[0\]/,
      ],
      ['without layers', { schemaVersion: 2, mediaType: mediaTypes.manifest, config }, /no list of layers/],
    ] as const) {
      it(`refuses one ${what}`, async () => {
        world.registry.putManifest('a', '1', manifest);
        expect((await failure(pull, 'MANIFEST_INVALID')).message).to.match(why);
      });
    }
  });
});

function contents(folderPath: string, at = ''): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(join(folderPath, at), { withFileTypes: true })) {
    const path = join(at, entry.name);
    if (entry.isDirectory()) Object.assign(found, contents(folderPath, path));
    else if (entry.isFile()) found[path] = readFileSync(join(folderPath, path), 'utf8');
    else throw new Error(`${path} is no file`);
  }
  return found;
}
