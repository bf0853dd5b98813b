import { parseArgs } from 'node:util';
import { allInstances, type Catalogs, formatGib, type InstanceType, retirement, systemClock } from '@kaito-sdk/core';
import { configFrom } from '../config-file.js';
import { installPlugins } from '../plugins.js';
import { UsageError } from '../usage-error.js';
import type { Command } from './command.js';
import { columns, outputOf, print } from './output.js';

/** `kaito instances`: what can be named in `resource.instanceType`, with GPUs and prices. */
export const instancesCommand: Command = {
  name: 'instances',
  summary: 'list the instance types that the planner knows, with GPUs and prices',
  usage: `Usage: kaito instances [PART] [options]

  PART                    only types with this in their name or in that of their GPU
  --region REGION         prices of this region           [region of the configuration, else the first that is known]
  --retired               also those that are not to be had any more
  --config FILE           the operator's configuration    [the bundled plugins]
  -o, --output FORMAT     table, json or yaml             [table]

Exit codes: 0; 1 the configuration is wrong; 2 wrong usage, or nothing has PART in its name.
What fits on them: kaito plan --models NAME.
`,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        config: { type: 'string' },
        output: { type: 'string', short: 'o' },
        region: { type: 'string' },
        retired: { type: 'boolean' },
      },
      allowPositionals: true,
    });
    const output = outputOf(values.output);
    if (positionals.length > 1) throw new UsageError('one part of a name at a time');
    const { config, from } = await configFrom(values.config);
    const installed = (await installPlugins(config, from, systemClock)).catalogs();
    const catalogs = { ...installed, ...(values.region === undefined ? {} : { region: values.region }) };
    checkRegion(catalogs, values.region);
    const [part = ''] = positionals;
    const named = allInstances(catalogs.instances).filter((one) => matches(one, part));
    if (named.length === 0) throw new UsageError(`no instance type and no GPU has "${part}" in its name`);
    const shown = named.filter((one) => values.retired === true || retirement(one, catalogs.today) !== 'retired');
    if (shown.length === 0) io.err(`kaito instances: all ${named.length} of them are retired; --retired shows them\n`);
    print(io, output, shown, () =>
      columns(
        HEAD,
        shown.map((one) => row(one, catalogs)),
      ),
    );
    return 0;
  },
};

const HEAD = ['NAME', 'GPUS', 'MEMORY EACH', 'CAPABILITY', '$/HOUR', 'REGION', 'NOTE'];

function row(instance: InstanceType, { region, today }: Catalogs): string[] {
  const { name, gpu, retiredOn, diskBytes } = instance;
  const price = region === undefined ? instance.prices[0] : instance.prices.find((one) => one.region === region);
  const state = retirement(instance, today);
  const notes = [
    ...(state === 'offered' ? [] : [`${state === 'retired' ? 'retired' : 'retires'} ${retiredOn}`]),
    ...(diskBytes === undefined ? [] : [`disk ${formatGib(diskBytes)}`]),
  ];
  return [
    name,
    `${gpu.count} x ${gpu.model}`,
    formatGib(gpu.memoryBytes),
    gpu.computeCapability?.toFixed(1) ?? '-',
    price ? String(price.usdPerHour) : '-',
    price?.region ?? '-',
    notes.join(', '),
  ];
}

function matches({ name, gpu }: InstanceType, part: string): boolean {
  const wanted = part.toLowerCase();
  return name.toLowerCase().includes(wanted) || gpu.model.toLowerCase().includes(wanted);
}

/** A mistyped region would show as a table without prices. */
function checkRegion({ instances }: Catalogs, region: string | undefined): void {
  if (region === undefined) return;
  const known = new Set(allInstances(instances).flatMap(({ prices }) => prices.map((price) => price.region)));
  if (known.has(region)) return;
  throw new UsageError(`no price is known in region "${region}"; there are ${[...known].sort().join(', ')}`);
}
