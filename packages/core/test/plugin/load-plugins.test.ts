import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadPlugins } from '../../dist/plugin/load-plugins.js';

describe('loading plugins by package name', () => {
  let home: string;
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'kaito-plugins-'));
  });
  after(() => rm(home, { recursive: true }));

  async function install(name: string, manifest: unknown, code: string): Promise<void> {
    const folder = join(home, 'node_modules', name);
    await mkdir(folder, { recursive: true });
    const packageJson = {
      name,
      version: '1.0.0',
      type: 'module',
      exports: { '.': './plugin.js' },
      'kaito-sdk': manifest,
    };
    await writeFile(join(folder, 'package.json'), JSON.stringify(packageJson));
    await writeFile(join(folder, 'plugin.js'), code);
  }

  const load = (name: string) => loadPlugins([name], join(home, 'config.yaml'));
  const refusal = async (name: string): Promise<{ code: string; message: string }> => {
    const error = await load(name).then(
      () => undefined,
      (reason) => reason,
    );
    expect(error, 'the load should fail').to.not.equal(undefined);
    return error;
  };
  /** A plugin made by another copy of the SDK: same mark, other class. */
  const foreign = (name: string) =>
    `export default { [Symbol.for('kaito-sdk.plugin')]: true, meta: { name: '${name}', apiVersion: '1', provides: [] }, setup() {} };`;

  it('finds a package beside the configuration file, even one made with another copy of the SDK', async () => {
    await install('@acme/presets', { plugin: './plugin.js', apiVersion: '1' }, foreign('@acme/presets'));
    const [plugin] = await load('@acme/presets');
    expect(plugin?.meta.name).to.equal('@acme/presets');
  });

  it('says how to install a package that is not there', async () => {
    const { code, message } = await refusal('@acme/missing');
    expect(code).to.equal('PLUGIN_NOT_FOUND');
    expect(message).to.match(/npm install @acme\/missing/);
  });

  it('refuses another version of the contract before the code runs', async () => {
    await install('@acme/new', { plugin: './plugin.js', apiVersion: '2' }, 'throw new Error("this must not run")');
    expect((await refusal('@acme/new')).code).to.equal('PLUGIN_API_MISMATCH');
  });

  it('says what a package lacks that is no plugin', async () => {
    await install('left-pad-like', undefined, 'export default 1;');
    const { code, message } = await refusal('left-pad-like');
    expect(code).to.equal('PLUGIN_NOT_A_PLUGIN');
    expect(message).to.match(/"kaito-sdk"/);
  });

  it('refuses a default export that definePlugin did not make, and a plugin under a false name', async () => {
    await install('@acme/plain', { plugin: './plugin.js', apiVersion: '1' }, 'export default {};');
    await install('@acme/liar', { plugin: './plugin.js', apiVersion: '1' }, foreign('@acme/other'));
    expect((await refusal('@acme/plain')).code).to.equal('PLUGIN_NOT_A_PLUGIN');
    expect((await refusal('@acme/liar')).message).to.match(/it calls itself @acme\/other/);
  });

  it('passes on why a plugin failed to load', async () => {
    await install('@acme/broken', { plugin: './plugin.js', apiVersion: '1' }, 'throw new Error("no licence file")');
    const { code, message } = await refusal('@acme/broken');
    expect(code).to.equal('PLUGIN_LOAD_FAILED');
    expect(message).to.match(/no licence file/);
  });
});
