import { parseArgs } from 'node:util';
import { cacheBytesPerToken, formatGib, type ModelPreset, systemClock, weightBytes } from '@kaito-sdk/core';
import { stringify } from 'yaml';
import { configFrom } from '../config-file.js';
import { installPlugins } from '../plugins.js';
import { UsageError } from '../usage-error.js';
import type { Command } from './command.js';

/** `kaito models`: what can be named in `preset.name`, and what each costs in memory. */
export const modelsCommand: Command = {
  name: 'models',
  summary: 'list the models that a Workspace can name',
  usage: `Usage: kaito models [options]

  --config FILE           the operator's configuration    [the bundled plugins]
  -o, --output FORMAT     table, json or yaml             [table]
`,
  async run(args, io) {
    const { values } = parseArgs({
      args: [...args],
      options: { config: { type: 'string' }, output: { type: 'string', short: 'o' } },
    });
    const output = values.output ?? 'table';
    if (!['table', 'json', 'yaml'].includes(output))
      throw new UsageError(`--output takes table, json or yaml, not "${output}"`);
    const { config, from } = await configFrom(values.config);
    const { presets } = (await installPlugins(config, from, systemClock)).capabilities;
    const models = presets.flatMap((pack) => pack.models);
    if (output === 'json') io.out(`${JSON.stringify(models, undefined, 2)}\n`);
    else if (output === 'yaml') io.out(stringify(models, { aliasDuplicateObjects: false }));
    else io.out(`${table(models).join('\n')}\n`);
    return 0;
  },
};

function table(models: readonly ModelPreset[]): readonly string[] {
  const rows = [['NAME', 'CONTEXT', 'WEIGHTS', 'CACHE/TOKEN', 'DISK', 'LICENCE', 'NOTE'], ...models.map(row)];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0))) ?? [];
  return rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

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
