import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import type { LoaderDocument } from '../dist/loader/document.js';
import { type EngineRoutes, vllmRoutes } from '../dist/loader/engine-routes.js';
import { fingerprintOf } from '../dist/loader/fingerprint.js';
import { LoaderError } from '../dist/loader/loader-error.js';
import { container } from '../dist/loader/machine.js';
import { AdapterSidecar, type SidecarWords } from '../dist/loader/sidecar.js';
import { Workbench } from './support/adapters.js';

/** What an engine serves, and what was asked of it. */
class FakeEngine implements EngineRoutes {
  adapters = new Map<string, string>();
  calls: string[] = [];
  up = true;
  refuses = false;
  async served() {
    return this.up ? new Map(this.adapters) : undefined;
  }
  async load(name: string, path: string, inPlace: boolean): Promise<void> {
    if (this.refuses) throw new LoaderError('ENGINE_REFUSED', 'the engine answered 404 to /v1/load_lora_adapter');
    this.calls.push(`${inPlace ? 'exchange' : 'load'} ${name}`);
    this.adapters.set(name, path);
  }
  async unload(name: string): Promise<void> {
    this.calls.push(`unload ${name}`);
    this.adapters.delete(name);
  }
}

describe('the sidecar that brings adapters to a running engine', () => {
  let bench: Workbench;
  let engine: FakeEngine;
  let said: SidecarWords['kaitoAdapters'][];
  let now: number;
  beforeEach(async () => {
    bench = await Workbench.make();
    await mkdir(bench.path('mnt'));
    engine = new FakeEngine();
    said = [];
    now = 0;
  });
  afterEach(() => bench.close());

  const sidecar = () =>
    new AdapterSidecar({
      file: bench.path('adapters.json'),
      engine,
      machine: container,
      now: () => now,
      say: ({ kaitoAdapters }) => said.push(kaitoAdapters),
      around: { env: {}, ask: async () => new Response(null, { status: 599 }), log: () => {} },
    });
  const folder = async (name: string, seed: number) => ({
    name,
    folder: await bench.adapter(`${name}-${seed}`, { seed }),
    by: 'volume',
  });
  /** As a kubelet exchanges the file. Answers the fingerprint. */
  async function told(more: Partial<LoaderDocument>): Promise<string> {
    const text = JSON.stringify(bench.document({ combined: 'combined_adapter', ...more }));
    await writeFile(bench.path('next.json'), text);
    await rename(bench.path('next.json'), bench.path('adapters.json'));
    return fingerprintOf(text);
  }

  it('waits for the engine, then serves each adapter, and all together last', async () => {
    const document = await told({ adapters: [await folder('one', 1), await folder('two', 2)] });
    const bringer = sidecar();
    engine.up = false;
    expect(await bringer.look()).to.equal(false);
    engine.up = true;
    expect(await bringer.look()).to.equal(true);
    expect(engine.calls).to.deep.equal(['load one', 'load two', 'load combined_adapter']);
    expect(engine.adapters.get('one')).to.equal(bench.path('mnt', document, 'one'));
    expect(said).to.deep.equal([
      {
        document,
        adapters: [
          { name: 'one', by: 'volume', rank: 2 },
          { name: 'two', by: 'volume', rank: 2 },
        ],
      },
    ]);
  });

  it('exchanges what has changed from another folder, adds what is new, and takes away last what is not wanted any more', async () => {
    const bringer = sidecar();
    await told({ adapters: [await folder('one', 1), await folder('old', 2)] });
    await bringer.look();
    engine.calls = [];
    const document = await told({ adapters: [await folder('one', 3), await folder('new', 4)] });
    await bringer.look();
    expect(engine.calls).to.deep.equal(['exchange one', 'load new', 'exchange combined_adapter', 'unload old']);
    expect(said.at(-1)?.document).to.equal(document);
    expect(engine.adapters.get('combined_adapter')).to.equal(bench.path('mnt', document, 'combined_adapter'));
  });

  it('puts another strength into the adapter itself, exactly', async () => {
    const bringer = sidecar();
    const one = await folder('one', 1);
    const alpha = async (document: string) =>
      JSON.parse(await readFile(bench.path('mnt', document, 'one', 'adapter_config.json'), 'utf8')).lora_alpha;
    const whole = await told({ adapters: [{ ...one, strength: 1 }] });
    await bringer.look();
    const half = await told({ adapters: [{ ...one, strength: 0.5 }] });
    await bringer.look();
    expect([await alpha(whole), await alpha(half)]).to.deep.equal([8, 4]);
  });

  it('keeps what the engine reads now and what it read before, and no more', async () => {
    const bringer = sidecar();
    const documents: string[] = [];
    for (const seed of [1, 2, 3]) {
      documents.push(await told({ adapters: [await folder('one', seed)] }));
      await bringer.look();
    }
    expect((await readdir(bench.path('mnt'))).sort()).to.deep.equal(documents.slice(1).sort());
  });

  it('serves again what a restarted engine has forgotten, without fetching it again', async () => {
    const bringer = sidecar();
    await told({ adapters: [await folder('one', 1)] });
    await bringer.look();
    engine.adapters.clear();
    engine.calls = [];
    await bringer.look();
    expect(engine.calls, 'not looked at yet').to.deep.equal([]);
    now += 10_000;
    await bringer.look();
    expect(engine.calls).to.deep.equal(['load one', 'load combined_adapter']);
  });

  it('goes on where an earlier process of it ended', async () => {
    await told({ adapters: [await folder('one', 1)] });
    await sidecar().look();
    engine.calls = [];
    await sidecar().look();
    expect(engine.calls).to.deep.equal([]);
    expect(said).to.have.length(2);
  });

  const wrong: readonly (readonly [string, () => Promise<Partial<LoaderDocument>>, string, RegExp])[] = [
    [
      'was made for another model',
      async () => ({
        adapters: [
          {
            ...(await folder('one', 9)),
            folder: await bench.adapter('alien', { config: { base_model_name_or_path: 'x/y' } }),
          },
        ],
      }),
      'BASE_MODEL_MISMATCH',
      /made for another model|x\/y/,
    ],
    [
      'is wider than the engine was started for',
      async () => ({ maxRank: 1, adapters: [await folder('one', 9)] }),
      'ADAPTER_UNSUPPORTED',
      /kaito\.sh\/max-lora-rank to 2/,
    ],
    [
      'are more than the engine was started for',
      async () => ({ slots: 2, adapters: [await folder('one', 9), await folder('two', 9)] }),
      'ADAPTER_UNSUPPORTED',
      /3 adapters, all of them together as one included, are more than the 2.*kaito\.sh\/max-loras to 3/,
    ],
  ];
  for (const [title, document, code, message] of wrong) {
    it(`leaves the engine as it is when what it is told of ${title}, and says so once`, async () => {
      const bringer = sidecar();
      await told({ adapters: [await folder('one', 1)] });
      await bringer.look();
      const before = new Map(engine.adapters);
      engine.calls = [];
      const fingerprint = await told(await document());
      expect(await bringer.look()).to.equal(false);
      expect(await bringer.look()).to.equal(false);
      expect(engine.calls).to.deep.equal([]);
      expect(engine.adapters).to.deep.equal(before);
      expect(said).to.have.length(2);
      expect(said[1]).to.include({ document: fingerprint });
      expect(said[1]?.failed?.code).to.equal(code);
      expect(said[1]?.failed?.message).to.match(message);
    });
  }

  it('says that the engine refuses, and tries again after a minute', async () => {
    engine.refuses = true;
    const bringer = sidecar();
    await told({ adapters: [await folder('one', 1)] });
    await bringer.look();
    expect(said[0]?.failed).to.include({ code: 'ENGINE_REFUSED' });
    engine.refuses = false;
    expect(await bringer.look()).to.equal(false);
    now += 60_000;
    expect(await bringer.look()).to.equal(true);
  });
});

describe("vLLM's paths for adapters, as the sidecar asks them", () => {
  const answering = (status: number, body: string) => {
    const asked: string[] = [];
    const routes = vllmRoutes('http://127.0.0.1:5000', async (url, init) => {
      asked.push(`${init.method ?? 'GET'} ${url} ${String(init.body ?? '')}`.trim());
      return new Response(body, { status });
    });
    return { asked, routes };
  };

  it('name what is loaded, and say where it may take the place of another', async () => {
    const { asked, routes } = answering(200, 'Success');
    await routes.load('one', '/mnt/adapter/x/one', false);
    await routes.load('one', '/mnt/adapter/y/one', true);
    await routes.unload('one');
    expect(asked).to.deep.equal([
      'POST http://127.0.0.1:5000/v1/load_lora_adapter {"lora_name":"one","lora_path":"/mnt/adapter/x/one"}',
      'POST http://127.0.0.1:5000/v1/load_lora_adapter {"lora_name":"one","lora_path":"/mnt/adapter/y/one","load_inplace":true}',
      'POST http://127.0.0.1:5000/v1/unload_lora_adapter {"lora_name":"one"}',
    ]);
  });

  it('list adapters apart from the model by their parent', async () => {
    const data = [
      { id: 'phi', root: 'microsoft/phi', parent: null },
      { id: 'one', root: '/mnt/adapter/x/one', parent: 'phi' },
    ];
    expect(await answering(200, JSON.stringify({ data })).routes.served()).to.deep.equal(
      new Map([['one', '/mnt/adapter/x/one']]),
    );
  });

  it('are waited for while the engine is starting, and a refusal is told with its words', async () => {
    expect(await answering(503, '').routes.served()).to.equal(undefined);
    const refused = await answering(404, '{"detail":"Not Found"}')
      .routes.load('one', '/x', false)
      .catch((error: unknown) => error);
    expect(refused).to.include({
      code: 'ENGINE_REFUSED',
      message: 'the engine answered 404 to /v1/load_lora_adapter: {"detail":"Not Found"}',
    });
  });
});
