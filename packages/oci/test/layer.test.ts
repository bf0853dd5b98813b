import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { buildLayer, digestOf, type Layer, type LayerFile } from '@kaito-sdk/oci';
import { expect } from 'chai';
import { readTar } from '../dist/tar-read.js';
import { failure, World } from './support/world.js';

async function bytesOf(layer: Layer): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of layer.open()) parts.push(part);
  return Buffer.concat(parts);
}

const content = (path: string, text: string | Uint8Array): LayerFile => ({ path, from: { content: text } });

describe('layers', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world.close());

  it('have the same digest on every machine', async () => {
    const layer = await buildLayer([
      content('data/adapter_config.json', '{"r":8}'),
      content('data/weights', new Uint8Array(200_000).fill(7)),
    ]);
    // Pinned: a change here changes the digest of every artifact that users have recorded.
    expect(layer.diffId).to.equal('sha256:7ef914e5f3183e7f4b65a9a3c94da4340eb8ff7c1a4851f1d737b1e719f089af');
    expect(layer.digest).to.equal('sha256:dc3b9d27db5fa7b9230657756e2318de456df6eb6970b8df62c4e270997b65cc');
  });

  it('depend on no time, mode or order of the files they are made of', async () => {
    const make = async (name: string, mtime: number, mode: number) => {
      writeFileSync(world.path(name), 'same');
      chmodSync(world.path(name), mode);
      utimesSync(world.path(name), mtime, mtime);
      return { path: 'data/b', from: { file: world.path(name) } };
    };
    const one = await make('one', 1000, 0o600);
    const two = await make('two', 2000, 0o666);
    const a = content('data/a', 'a');
    expect((await buildLayer([a, one])).digest).to.equal((await buildLayer([two, a])).digest);
  });

  it('state the digest and size of the bytes they give, each time they are opened', async () => {
    for (const packing of ['stored', 'gzip'] as const) {
      const layer = await buildLayer([content('data/a', 'x'.repeat(300_000))], packing);
      const [first, second] = [await bytesOf(layer), await bytesOf(layer)];
      expect(first.equals(second)).to.equal(true);
      expect(digestOf(first)).to.equal(layer.digest);
      expect(first.length).to.equal(layer.size);
      expect(digestOf(gunzipSync(first))).to.equal(layer.diffId);
    }
  });

  it('are smaller with gzip, and have the same content', async () => {
    const files = [content('data/a', 'x'.repeat(300_000))];
    const [stored, gzip] = [await buildLayer(files, 'stored'), await buildLayer(files, 'gzip')];
    expect(gzip.size).to.be.below(stored.size / 10);
    expect(gzip.diffId).to.equal(stored.diffId);
  });

  it('are read by the tar program as they are meant, with long and foreign names', async () => {
    const long = `data/${'deep/'.repeat(40)}file`;
    const layer = await buildLayer([
      content(long, 'long'),
      content('data/größe', 'umlaut'),
      { ...content('data/run', '#!'), executable: true },
      content('data/empty', ''),
    ]);
    writeFileSync(world.path('layer.tar.gz'), await bytesOf(layer));
    mkdirSync(world.path('x'));
    execFileSync('tar', ['-xzf', world.path('layer.tar.gz'), '-C', world.path('x')]);
    expect(readFileSync(world.path(`x/${long}`), 'utf8')).to.equal('long');
    expect(readFileSync(world.path('x/data/größe'), 'utf8')).to.equal('umlaut');
    expect(readFileSync(world.path('x/data/empty'), 'utf8')).to.equal('');
    const listing = execFileSync('tar', ['-tvzf', world.path('layer.tar.gz'), '--numeric-owner', '--utc'], {
      encoding: 'utf8',
    });
    const lines = listing.trim().split('\n');
    expect(
      lines.every((line) => / 0\/0 .* 1970-01-01 00:00 /.test(line)),
      listing,
    ).to.equal(true);
    expect(lines.find((line) => line.endsWith('data/run'))).to.match(/^-rwxr-xr-x/);
    expect(lines[0]).to.match(/^drwxr-xr-x .* data\/$/);
  });

  for (const [what, files, why] of [
    ['none', [], /there are none/],
    ['one that leads out', [content('../a', '')], /no path/],
    ['an absolute one', [content('/data/a', '')], /no path/],
    ['one that would delete', [content('data/.wh.a', '')], /no path/],
    ['the same twice', [content('a', ''), content('a', '')], /twice/],
    ['one that is file and folder', [content('a', ''), content('a/b', '')], /twice/],
    ['one that is folder and file', [content('a/b', ''), content('a', '')], /twice/],
    ['one that does not exist', [{ path: 'a', from: { file: '/does/not/exist' } }], /cannot be read/],
    ['a folder for a file', [{ path: 'a', from: { file: '/' } }], /no regular file/],
  ] as const) {
    it(`refuse ${what}`, async () => {
      expect((await failure(() => buildLayer(files), 'FILES_INVALID')).message).to.match(why);
    });
  }

  it('say when a file changed between the looks at it', async () => {
    writeFileSync(world.path('a'), 'before');
    const layer = await buildLayer([{ path: 'a', from: { file: world.path('a') } }]);
    writeFileSync(world.path('a'), 'longer than before');
    await failure(() => bytesOf(layer), 'SOURCE_CHANGED');
    writeFileSync(world.path('a'), 'b');
    await failure(() => bytesOf(layer), 'SOURCE_CHANGED');
  });
});

describe('reading archives of other programs', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    mkdirSync(world.path('src/a'), { recursive: true });
    writeFileSync(world.path(`src/a/${'n'.repeat(120)}`), 'long name');
    mkdirSync(world.path(`src/${'p'.repeat(90)}/${'q'.repeat(90)}`), { recursive: true });
    writeFileSync(world.path(`src/${'p'.repeat(90)}/${'q'.repeat(90)}/f`), 'prefixed');
    writeFileSync(world.path('src/plain'), 'p'.repeat(1025));
    execFileSync('ln', ['-s', 't'.repeat(150), world.path('src/link')]);
  });
  afterEach(() => world.close());

  for (const format of ['gnu', 'pax', 'posix', 'oldgnu']) {
    it(`understands the ${format} form`, async () => {
      execFileSync('tar', [`--format=${format}`, '-cf', world.path('x.tar'), '-C', world.path('src'), '.']);
      async function* source() {
        const bytes = readFileSync(world.path('x.tar'));
        for (let at = 0; at < bytes.length; at += 333) yield bytes.subarray(at, at + 333);
      }
      const found: Record<string, string> = {};
      for await (const { entry, content: body } of readTar(source())) {
        let text = entry.target;
        for await (const part of body) text += Buffer.from(part).toString();
        if (entry.kind !== 'folder') found[entry.path] = text;
      }
      expect(found).to.deep.equal({
        [`./a/${'n'.repeat(120)}`]: 'long name',
        [`./${'p'.repeat(90)}/${'q'.repeat(90)}/f`]: 'prefixed',
        './plain': 'p'.repeat(1025),
        './link': 't'.repeat(150),
      });
    });
  }

  it('skips contents that nobody reads', async () => {
    execFileSync('tar', ['-cf', world.path('x.tar'), '-C', world.path('src'), '.']);
    async function* source() {
      yield readFileSync(world.path('x.tar'));
    }
    const names: string[] = [];
    for await (const { entry } of readTar(source())) names.push(entry.path);
    expect(names).to.have.length(8);
  });
});
