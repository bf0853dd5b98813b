import { parseArgs } from 'node:util';
import { cacheBytesPerToken, formatGib, type ModelPreset, systemClock, weightBytes } from '@kaito-sdk/core';
import { configFrom } from '../config-file.js';
import { installPlugins } from '../plugins.js';
import { UsageError } from '../usage-error.js';
import type { Command } from './command.js';
import { columns, outputOf, print } from './output.js';

/** `kaito presets`: what can be named in `preset.name`, and what each costs in memory. */
export const presetsCommand: Command = {
  name: 'presets',
  summary: 'list the models that a Workspace can name, or tell all about one',
  usage: `Usage: kaito presets [NAME] [options]

  NAME                    all figures of this model, each with where it stands
  --config FILE           the operator's configuration    [the bundled plugins]
  -o, --output FORMAT     table, json or yaml             [table]

Exit codes: 0; 1 the configuration is wrong; 2 wrong usage, or no such model.
`,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { config: { type: 'string' }, output: { type: 'string', short: 'o' } },
      allowPositionals: true,
    });
    const output = outputOf(values.output);
    if (positionals.length > 1) throw new UsageError('one model at a time');
    const { config, from } = await configFrom(values.config);
    const { presets } = (await installPlugins(config, from, systemClock)).capabilities;
    const models = presets.flatMap((pack) => pack.models);
    const [name] = positionals;
    if (name === undefined) {
      print(io, output, models, () => columns(HEAD, models.map(row)));
      return 0;
    }
    const wanted = name.toLowerCase();
    const one = models.find(
      (model) => model.name.toLowerCase() === wanted || model.weights.repository.toLowerCase() === wanted,
    );
    if (!one) throw new UsageError(`no model is called ${name}; kaito presets lists them`);
    print(io, output, one, () => details(one));
    return 0;
  },
};

/** `kaito models`: what it was called at first. */
export const modelsCommand: Command = {
  ...presetsCommand,
  name: 'models',
  summary: 'the same as presets',
  usage: presetsCommand.usage.replace('kaito presets', 'kaito models'),
};

const HEAD = ['NAME', 'CONTEXT', 'WEIGHTS', 'CACHE/TOKEN', 'DISK', 'LICENCE', 'NOTE'];

function row({ name, model, weights, licence, diskBytes, deprecated, sources }: ModelPreset): string[] {
  const unverified = Object.values(sources).some((source) => source.includes('unverified'));
  const notes = [
    ...(deprecated ? [`deprecated, take ${deprecated.instead}`] : []),
    ...(weights.gated ? ['gated'] : []),
    ...(weights.revision === undefined ? ['no pinned commit'] : []),
    ...(unverified ? ['has unverified figures'] : []),
  ];
  return [
    name,
    String(model.contextLength),
    formatGib(weightBytes(model)),
    `${cacheBytesPerToken(model)} B`,
    formatGib(diskBytes),
    licence.spdx,
    notes.join(', '),
  ];
}

/** Everything that is known of a model, a line each. */
function details(preset: ModelPreset): readonly string[] {
  const { name, model, weights, licence, diskBytes, runtimes, adapterTargets = [], deprecated, sources } = preset;
  const { images = [] } = preset;
  const line = (label: string, words: string) => `${label.padEnd(16)}${words}`.trimEnd();
  return [
    line('name', name),
    ...(deprecated ? [line('deprecated', `${deprecated.reason}; take ${deprecated.instead}`)] : []),
    line('repository', `${weights.repository}${weights.gated ? ', gated' : ''}`),
    line('revision', weights.revision ?? 'none is pinned'),
    line('licence', licence.spdx),
    line('context', `${model.contextLength} tokens`),
    line('weights', `${formatGib(weightBytes(model))}, ${model.parameters} parameters in ${model.dtype}`),
    line('cache', `${cacheBytesPerToken(model)} bytes a token`),
    line('disk', formatGib(diskBytes)),
    line('architecture', `${model.architecture}, ${model.layers} layers of ${model.hiddenSize}`),
    line('heads', `${model.attentionHeads}, ${model.kvHeads} for keys and values, of ${model.headDim}`),
    line('adapters', adapterTargets.join(', ') || 'nobody said which layers'),
    line('runtimes', Object.keys(runtimes).join(', ') || 'no facts of its own for any'),
    ...images.map(({ image, release, server }, index) =>
      line(index === 0 ? 'images' : '', `${image} (${release}), ${server === 'nothing' ? 'weights only' : server}`),
    ),
    ...Object.entries(sources).map(([field, source], index) =>
      line(index === 0 ? 'sources' : '', `${field}: ${source}`),
    ),
  ];
}
