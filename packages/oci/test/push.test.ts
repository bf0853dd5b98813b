import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type PushImageOptions, pullFiles, pushImage } from '@kaito-sdk/oci';
import { error, type Fault, plain } from '@kaito-sdk/oci/testing';
import { expect } from 'chai';
import { failure, World } from './support/world.js';

describe('pushing files as an image', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world.close());

  const files = [
    { path: 'data/adapter_config.json', from: { content: '{"r": 8}' } },
    { path: 'data/adapter_model.safetensors', from: { content: Buffer.alloc(100_000, 'weights') } },
  ];
  const push = (more: Partial<PushImageOptions> = {}) =>
    pushImage({ ...world.options, ref: 'registry.test/team/a:1', files, chunkBytes: 30_000, ...more });
  /** Only the last chunk-sized requests of the layer, not those of the configuration. */
  const nth = (method: string, n: number, what: Fault): Fault => {
    let seen = 0;
    return (request, answer) => {
      if (request.method !== method || !request.url.includes('uploads')) return undefined;
      seen += 1;
      return seen === n ? what(request, answer) : undefined;
    };
  };

  it('comes back as it went', async () => {
    const pushed = await push({ annotations: { 'sh.kaito.model.name': 'phi-3' } });
    const pulled = await pullFiles(pushed.pinned, { ...world.options, path: 'data', into: world.path('out') });
    expect(pulled.digest).to.equal(pushed.digest);
    expect(pulled.annotations).to.deep.equal({ 'sh.kaito.model.name': 'phi-3' });
    expect(readdirSync(world.path('out')).sort()).to.deep.equal(['adapter_config.json', 'adapter_model.safetensors']);
    expect(readFileSync(world.path('out/adapter_model.safetensors')).equals(Buffer.alloc(100_000, 'weights'))).to.equal(
      true,
    );
  });

  it('sends the layer in chunks, then the configuration, and the manifest last', async () => {
    await push();
    const writes = world.registry.asked
      .filter((line) => /^(PATCH|PUT)/.test(line))
      .map((line) => line.replace(/[?].*|[0-9a-f-]{36}/g, ''));
    const session = '/v2/team/a/blobs/uploads/';
    expect(writes).to.deep.equal([
      ...Array(4).fill(`PATCH ${session}`),
      `PUT ${session}`,
      `PUT ${session}`,
      'PUT /v2/team/a/manifests/1',
    ]);
    const ranges = world.registry.requests.flatMap((request) => request.headers['content-range'] ?? []);
    expect(ranges.slice(0, 2)).to.deep.equal(['0-29999', '30000-59999']);
  });

  it('gives the same digest for the same image, and sends no blob twice', async () => {
    const first = await push({ annotations: { b: '2', a: '1' } });
    const before = world.registry.count(/PATCH/);
    const second = await push({ annotations: { a: '1', b: '2' }, ref: 'registry.test/team/a:2' });
    expect(second.digest).to.equal(first.digest);
    expect(second.layer.outcome).to.equal('present');
    expect(world.registry.count(/PATCH/)).to.equal(before);
  });

  it('says in the image for which platform it is, Labels and all, but no time', async () => {
    const { digest } = await push({ config: { Labels: { a: 'b' } }, platform: { os: 'linux', architecture: 'arm64' } });
    const manifest = JSON.parse(world.registry.manifests.get(`team/a@${digest}`)!.bytes.toString());
    const config = JSON.parse(world.registry.blobs.get(`team/a@${manifest.config.digest}`)!.toString());
    expect(config).to.have.all.keys('architecture', 'os', 'config', 'rootfs');
    expect(config.architecture).to.equal('arm64');
    expect(config.config).to.deep.equal({ Labels: { a: 'b' } });
  });

  it('mounts the layer from another repository, without sending it', async () => {
    await push();
    const before = world.registry.count(/PATCH/);
    const { layer } = await push({ ref: 'registry.test/team/b:1', mountFrom: 'team/a' });
    expect(layer.outcome).to.equal('mounted');
    expect(world.registry.count(/PATCH/)).to.equal(before);
  });

  it('sends it after all when the other repository does not have it', async () => {
    const { layer } = await push({ mountFrom: 'team/none' });
    expect(layer.outcome).to.equal('uploaded');
    expect(world.registry.count(/POST .*mount=/)).to.equal(1);
  });

  it('keeps to the least chunk that the registry wants', async () => {
    world.registry.minChunk = 60_000;
    await push();
    expect(world.registry.count(/PATCH/)).to.equal(2);
  });

  describe('when the way is bad', () => {
    const faults = (): readonly (readonly [string, Fault])[] => [
      [
        'no answer to a chunk that arrived',
        nth('PATCH', 2, async (_, answer) => {
          await answer();
          throw new Error('ECONNRESET');
        }),
      ],
      [
        'a chunk that never arrived',
        nth('PATCH', 2, async () => {
          throw new Error('ECONNRESET');
        }),
      ],
      [
        'half a chunk',
        nth('PATCH', 2, async (request) => {
          const id = /uploads\/([^?]+)/.exec(request.url)![1]!;
          const have = world.registry.uploads.get(id)!;
          world.registry.uploads.set(id, Buffer.concat([have, request.body!.subarray(0, 1234)]));
          throw new Error('EPIPE');
        }),
      ],
      [
        'a registry that forgot the upload',
        nth('PATCH', 3, () => {
          world.registry.uploads.clear();
          return error(404, 'BLOB_UPLOAD_UNKNOWN', 'gone');
        }),
      ],
      [
        'a registry that forgot it while it was down',
        nth('PATCH', 3, () => {
          world.registry.uploads.clear();
          return plain(503);
        }),
      ],
      [
        'no answer to the end that was carried out',
        nth('PUT', 1, async (_, answer) => {
          await answer();
          throw new Error('ECONNRESET');
        }),
      ],
      ['an end that was not carried out', nth('PUT', 1, () => plain(502))],
      [
        'no answer to the start',
        nth('POST', 1, async () => {
          throw new Error('ETIMEDOUT');
        }),
      ],
    ];
    for (const [i, [what]] of faults().entries()) {
      it(`gets over ${what}`, async () => {
        world.registry.faults = [faults()[i]![1]];
        const { digest } = await push();
        expect(world.registry.faults, 'the fault struck').to.have.length(0);
        expect(world.registry.manifests.has(`team/a@${digest}`)).to.equal(true);
        await pullFiles('registry.test/team/a:1', { ...world.options, path: 'data', into: world.path('out') });
      });
    }

    it('goes on where the registry stands, sending no more than was lost', async () => {
      world.registry.faults = [faults()[2]![1]];
      await push();
      const ranges = world.registry.requests.flatMap((request) => request.headers['content-range'] ?? []);
      expect(ranges.slice(0, 4)).to.deep.equal(['0-29999', '30000-59999', '31234-59999', '60000-89999']);
    });

    it('gives up in the end, says why, and leaves the tag as it was', async () => {
      const down: Fault = (request) => (request.method === 'PATCH' ? plain(503) : undefined);
      world.registry.faults = Array(20).fill(down);
      const failed = await failure(push, 'UNAVAILABLE');
      expect(failed.message).to.contain('HTTP 503').and.to.contain('5 times');
      expect(world.registry.count(/PUT .*manifests/)).to.equal(0);
    });
  });

  it('stops before the manifest when a file changes under it', async () => {
    writeFileSync(world.path('w'), 'x'.repeat(100_000));
    world.registry.faults = [
      (request) => {
        if (request.method === 'POST') writeFileSync(world.path('w'), 'y'.repeat(100_000));
        return undefined;
      },
    ];
    await failure(() => push({ files: [{ path: 'data/w', from: { file: world.path('w') } }] }), 'SOURCE_CHANGED');
    expect(world.registry.count(/manifests/)).to.equal(0);
  });

  it('stops when it is told to, with the reason given', async () => {
    const stop = new AbortController();
    world.registry.faults = [
      (request) => {
        if (request.method === 'PATCH') stop.abort(new Error('enough'));
        return undefined;
      },
    ];
    const caught = await push({ signal: stop.signal }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(String(caught)).to.contain('enough');
    expect(world.registry.count(/manifests/)).to.equal(0);
  });
});
