import { parseArgs } from 'node:util';
import { systemClock } from '@kaito-sdk/core';
import { configFrom } from '../config-file.js';
import { type PluginReport, reportPlugins } from '../plugin-report.js';
import { installPlugins } from '../plugins.js';
import { UsageError } from '../usage-error.js';
import type { Command } from './command.js';
import { columns, outputOf, print } from './output.js';

/** `kaito plugins`: what a configuration loads, what each brings, and what is wrong with any. */
export const pluginsCommand: Command = {
  name: 'plugins',
  summary: 'list the plugins of a configuration and what each brings, or check that all of them load',
  usage: `Usage: kaito plugins [list | check] [options]

  list                    what each brings                [without a word]
  check                   only what is wrong: each plugin by itself, then all together
  --config FILE           the operator's configuration    [the bundled plugins]
  -o, --output FORMAT     table, json or yaml             [table]

Exit codes: 0 all load; 1 one does not, or they do not go together; 2 wrong usage.
`,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { config: { type: 'string' }, output: { type: 'string', short: 'o' } },
      allowPositionals: true,
    });
    const output = outputOf(values.output);
    const [word = 'list', ...more] = positionals;
    if (more.length > 0 || (word !== 'list' && word !== 'check'))
      throw new UsageError(`kaito plugins takes list or check, not "${positionals.join(' ')}"`);
    const { config, from } = await configFrom(values.config);
    const plugins = await reportPlugins(config, from);
    const whole = plugins.some(({ problem }) => problem !== undefined)
      ? undefined
      : await installPlugins(config, from, systemClock).then(
          () => undefined,
          (error: Error) => error.message,
        );
    const wrong = plugins.filter(({ problem }) => problem !== undefined);
    const problems = [...wrong.map(({ problem }) => String(problem)), ...(whole === undefined ? [] : [whole])];
    print(io, output, { plugins, problems }, () => [
      ...(word === 'list' ? columns(HEAD, plugins.map(row)) : []),
      ...(word === 'check' && problems.length === 0 ? [`${plugins.length} plugins load and go together`] : []),
      ...(problems.length > 0 && word === 'list' ? [''] : []),
      ...problems.map((problem) => `problem: ${problem}`),
    ]);
    return problems.length === 0 ? 0 : 1;
  },
};

const HEAD = ['NAME', 'VERSION', 'API', 'BRINGS'];

function row({ name, version, apiVersion, brings, problem }: PluginReport): string[] {
  return [name, version ?? '-', apiVersion ?? '-', problem === undefined ? brings.join(', ') : 'does not load'];
}
