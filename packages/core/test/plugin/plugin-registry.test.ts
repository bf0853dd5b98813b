import { expect } from 'chai';
import { IsInt, Min } from 'class-validator';
import { definePlugin, type Plugin } from '../../dist/plugin/define-plugin.js';
import { registerPlugins } from '../../dist/plugin/plugin-registry.js';
import type { PresetPack } from '../../dist/plugin/preset-pack.js';
import type { Runtime } from '../../dist/plugin/runtime.js';
import { aPreset } from '../plan/fixtures.js';

const pack = (name: string, ...models: string[]): PresetPack => ({
  name,
  models: models.map((model) => aPreset({ name: model })),
});

const presetPlugin = (name: string, ...packs: PresetPack[]): Plugin =>
  definePlugin({ name, apiVersion: '1', provides: ['presets'] }, (host) =>
    packs.forEach((one) => void host.presets(one)),
  );

const codeOf = (act: () => unknown): { code: string; message: string } => {
  try {
    act();
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('nothing was thrown');
};

describe('plugin registry', () => {
  it('collects what every plugin registers', () => {
    const { presets } = registerPlugins([presetPlugin('@a/x', pack('x', 'm1')), presetPlugin('@a/y', pack('y', 'm2'))]);
    expect(presets.map((one) => one.name)).to.deep.equal(['x', 'y']);
  });

  it('refuses a plugin made for another version of the contract, naming both versions', () => {
    const plugin = definePlugin({ name: '@a/old', apiVersion: '0', provides: [] }, () => {});
    const error = codeOf(() => registerPlugins([plugin]));
    expect(error.code).to.equal('PLUGIN_API_MISMATCH');
    expect(error.message).to.match(/@a\/old needs plugin API 0, this SDK offers 1/);
  });

  it('refuses a plugin that is listed twice', () => {
    const error = codeOf(() => registerPlugins([presetPlugin('@a/x', pack('x')), presetPlugin('@a/x', pack('x'))]));
    expect(error.code).to.equal('PLUGIN_DUPLICATE');
  });

  it('refuses a preset pack that is not valid, with the name of every field that is wrong', () => {
    const broken = {
      ...pack('x'),
      models: [{ ...aPreset(), model: { ...aPreset().model, layers: 0 }, diskBytes: -1 }],
    };
    const error = codeOf(() => registerPlugins([presetPlugin('@a/x', broken as unknown as PresetPack)]));
    expect(error.code).to.equal('PRESET_PACK_INVALID');
    expect(error.message).to.match(/^preset pack "x" of @a\/x is not valid: /);
    expect(error.message).to.contain('models[0] (sparrow-small-instruct).diskBytes: ');
    expect(error.message).to.contain('models[0] (sparrow-small-instruct).model.layers: layers must not be less than 1');
  });

  it('names both plugins that register the same preset, whatever the case', () => {
    const error = codeOf(() =>
      registerPlugins([presetPlugin('@a/x', pack('x', 'Phi-X')), presetPlugin('@a/y', pack('y', 'phi-x'))]),
    );
    expect(error.code).to.equal('CAPABILITY_DUPLICATE');
    expect(error.message).to.match(/preset "phi-x" is registered by both @a\/x and @a\/y/);
  });

  it('refuses a runtime whose alias is the name of another', () => {
    const runtime = (name: string, aliases: string[]) => ({ name, aliases }) as unknown as Runtime;
    const plugin = definePlugin({ name: '@a/r', apiVersion: '1', provides: ['runtime'] }, (host) => {
      host.runtime(runtime('fast', ['quick']));
      host.runtime(runtime('quick', []));
    });
    expect(codeOf(() => registerPlugins([plugin])).code).to.equal('CAPABILITY_DUPLICATE');
  });

  it('lists a runtime with aliases once', () => {
    const runtime = { name: 'fast', aliases: ['quick'] } as unknown as Runtime;
    const plugin = definePlugin({ name: '@a/r', apiVersion: '1', provides: ['runtime'] }, (host) =>
      host.runtime(runtime),
    );
    expect(registerPlugins([plugin]).runtimes).to.deep.equal([runtime]);
  });

  it('says which capability a plugin requires and nobody provides', () => {
    const plugin = definePlugin({ name: '@a/p', apiVersion: '1', provides: [], requires: ['instances'] }, () => {});
    const error = codeOf(() => registerPlugins([plugin]));
    expect(error.code).to.equal('PLUGIN_REQUIREMENT_MISSING');
    expect(error.message).to.match(/@a\/p requires "instances"/);
  });

  it('catches a plugin that does not do what it says', () => {
    expect(codeOf(() => registerPlugins([presetPlugin('@a/empty')])).code).to.equal('PLUGIN_PROMISE_BROKEN');
  });

  describe('configuration', () => {
    class Settings {
      @IsInt()
      @Min(1)
      size = 3;
    }
    const seen: Settings[] = [];
    const plugin = definePlugin(
      { name: '@a/c', apiVersion: '1', provides: [], config: Settings },
      ({ config }) => void seen.push(config),
    );

    it('fills in the defaults of the config class', () => {
      registerPlugins([plugin]);
      expect(seen.at(-1)).to.deep.equal({ size: 3 });
    });

    it('names the field that is wrong', () => {
      const error = codeOf(() => registerPlugins([plugin], { config: { '@a/c': { size: 0 } } }));
      expect(error.code).to.equal('PLUGIN_CONFIG_INVALID');
      expect(error.message).to.match(/@a\/c is not valid: size: size must not be less than 1/);
    });

    it('refuses a field that nobody knows', () => {
      const error = codeOf(() => registerPlugins([plugin], { config: { '@a/c': { sise: 2 } } }));
      expect(error.message).to.match(/sise/);
    });

    it('refuses settings for a plugin that takes none, and for one that is not listed', () => {
      const bare = definePlugin({ name: '@a/bare', apiVersion: '1', provides: [] }, () => {});
      expect(codeOf(() => registerPlugins([bare], { config: { '@a/bare': {} } })).code).to.equal(
        'PLUGIN_CONFIG_INVALID',
      );
      expect(codeOf(() => registerPlugins([bare], { config: { '@a/bear': {} } })).code).to.equal(
        'PLUGIN_CONFIG_UNUSED',
      );
    });
  });
});
