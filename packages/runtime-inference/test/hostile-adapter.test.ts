import { mkdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { readAdapterConfig } from '../dist/loader/adapter-config.js';
import { loadAdapters } from '../dist/loader/load-adapters.js';
import { LoaderError } from '../dist/loader/loader-error.js';
import { Workbench } from './support/adapters.js';

const MARKER = 'c2VjcmV0LW9mLXRoZS1vdGhlcg==';
const around = { env: {}, ask: () => Promise.reject(new Error('no network')), log: () => {} };

describe('a hostile adapter', () => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.make();
  });
  afterEach(() => bench.close());

  const refused = async (folder: string): Promise<LoaderError> => {
    const error = await loadAdapters(bench.document({ adapters: [{ name: 'one', folder }] }), around).then(
      () => undefined,
      (caught: unknown) => caught,
    );
    if (!(error instanceof LoaderError)) throw error ?? new Error('a refusal was expected');
    return error;
  };

  for (const name of ['adapter_config.json', 'adapter_model.safetensors']) {
    it(`cannot have a pull secret of its neighbour quoted by a link named ${name}`, async () => {
      const folder = await bench.adapter('one');
      await mkdir(bench.path('secret'));
      const secret = bench.path('secret', '.dockerconfigjson');
      await writeFile(secret, JSON.stringify({ auths: { 'r.io': { auth: MARKER } } }));
      await rm(join(folder, name));
      await symlink(secret, join(folder, name));
      const { code, message } = await refused(folder);
      expect(code).to.equal('ADAPTER_INVALID');
      expect(message)
        .to.match(/is a link that leads out of its folder/)
        .and.not.include(MARKER.slice(0, 8));
    });
  }

  it('may have links inside its own folder, as volumes of ConfigMaps have', async () => {
    const folder = await bench.adapter('one');
    await mkdir(join(folder, '..data'));
    for (const name of ['adapter_config.json', 'adapter_model.safetensors']) {
      await rename(join(folder, name), join(folder, '..data', name));
      await symlink(join('..data', name), join(folder, name));
    }
    const report = await loadAdapters(bench.document({ adapters: [{ name: 'one', folder }] }), around);
    expect(report.adapters).to.have.length(1);
  });

  it('cannot fill the memory with its configuration', async () => {
    const folder = await bench.adapter('one');
    await truncate(join(folder, 'adapter_config.json'), 2 ** 32);
    expect((await refused(folder)).message).to.match(/has 4294967296 bytes/);
  });

  for (const [what, text] of [
    ['has keys that every object has', '{"constructor": 1, "r": 1, "lora_alpha": 1}'],
    ['has the key __proto__', '{"__proto__": {"r": 1}, "lora_alpha": 1}'],
    ['is nested as deeply as a file can be', `{"target_parameters": ${'['.repeat(400_000)}${']'.repeat(400_000)}}`],
    ['is a list', '[]'],
    ['is a number', '1'],
  ] as const) {
    it(`is refused by name when its configuration ${what}`, () => {
      expect(() => readAdapterConfig(text)).to.throw(LoaderError);
    });
  }
});
