import { parseArgs } from 'node:util';
import { explain, formatFieldErrors, type Infeasible, type Plan, systemClock, type Workspace } from '@kaito-sdk/core';
import { withWorkspaceDefaults } from '../config/workspace-defaults.js';
import { configFrom } from '../config-file.js';
import { decide, type Invalid } from '../decide.js';
import { installPlugins } from '../plugins.js';
import { UsageError } from '../usage-error.js';
import { assumeAdapters, withAssumptions } from './assume-adapters.js';
import type { Command } from './command.js';
import { outputOf, print } from './output.js';
import { printFits } from './print-fits.js';
import { readManifests, refuseBareFiles } from './read-workspaces.js';
import { unknownWorkspaceFields } from './unknown-fields.js';

/** `kaito plan`: the same decision as the operator's, without a cluster and without spending anything. */
export const planCommand: Command = {
  name: 'plan',
  summary: 'say whether a Workspace fits, on what, at what price and with which flags',
  usage: `Usage: kaito plan -f FILE [options]
       kaito plan --models NAME[,NAME] [--instance-type TYPE[,TYPE] | --all-types] [options]

  -f, --file FILE         manifest with one or more Workspaces; - for standard input; other objects in it are passed over. Several: -f A -f B
  --models NAME[,NAME]    a table instead: these models, by name or by how their names begin, on each instance type
  --all-types             with --models: also the types on which they do not fit, with the reason
  --instance-type TYPE    plan for this instance type instead of the manifest's; with --models several, by commas
  --config FILE           the operator's configuration    [the bundled plugins]
  -o, --output FORMAT     table, json or yaml             [table]

Exit codes: 0 every Workspace is feasible; 1 one is not, with the reason; 2 wrong usage.
`,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        file: { type: 'string', short: 'f', multiple: true },
        'instance-type': { type: 'string' },
        config: { type: 'string' },
        output: { type: 'string', short: 'o' },
        models: { type: 'string' },
        'all-types': { type: 'boolean' },
      },
    });
    refuseBareFiles('plan', positionals);
    const output = outputOf(values.output);
    if (values.file === undefined && values.models === undefined)
      throw new UsageError('which manifest? give one with -f FILE, or models with --models');
    if (values.file !== undefined && values.models !== undefined)
      throw new UsageError('--models makes a table of its own: leave out -f');
    if (values['all-types'] && values.models === undefined)
      throw new UsageError('--all-types is for a table: say --models too');
    const types = list('--instance-type', values['instance-type']);
    const models = list('--models', values.models);
    if (models === undefined && types !== undefined && types.length > 1)
      throw new UsageError('--instance-type takes one type for a manifest; several make a table of --models');
    const { config, from } = await configFrom(values.config);
    const { catalogs } = await installPlugins(config, from, systemClock);
    if (models !== undefined) {
      return printFits(catalogs(), io, {
        models,
        ...(types === undefined ? {} : { instanceTypes: types }),
        all: values['all-types'] === true || types !== undefined,
        output,
      });
    }
    const { workspaces, others } = await readManifests(values.file ?? []);
    if (others.length > 0) io.err(`kaito plan: not planned, for it is no Workspace: ${others.join(', ')}\n`);
    const decisions = workspaces.map((written) => {
      const asked = withWorkspaceDefaults(withInstanceType(written, types?.[0]), config.defaults);
      const decision = decide(asked, catalogs(), unknownWorkspaceFields(written));
      const { workspace, assumptions } = assumeAdapters(asked, workspaces);
      // What breaks a rule of the API does so as it is written, whatever stands in for an image.
      if (assumptions.length === 0 || 'errors' in decision) return decision;
      return withAssumptions(decide(workspace, catalogs()), assumptions);
    });
    const several = workspaces.length > 1;
    print(io, output, several ? decisions : decisions[0], () =>
      decisions.flatMap((decision, index) => [
        ...(index > 0 ? [''] : []),
        ...(several && !decision.feasible ? [`workspace   ${nameOf(workspaces[index])}`] : []),
        ...lines(decision),
      ]),
    );
    return decisions.every((decision) => decision.feasible) ? 0 : 1;
  },
};

function lines(decision: Plan | Infeasible | Invalid): readonly string[] {
  if (!('errors' in decision)) return explain(decision);
  return decision.errors.map(
    (error, index) => `${(index === 0 ? 'invalid' : '').padEnd(12)}${formatFieldErrors([error])}`,
  );
}

function nameOf(workspace: Workspace | undefined): string {
  const { namespace = 'default', name = '' } = workspace?.metadata ?? {};
  return `${namespace}/${name}`;
}

/** Names by commas; undefined where the option was not given. */
function list(option: string, words: string | undefined): readonly string[] | undefined {
  if (words === undefined) return undefined;
  const names = words
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  if (names.length === 0) throw new UsageError(`${option} needs a name`);
  return names;
}

function withInstanceType(workspace: Workspace, instanceType: string | undefined): Workspace {
  if (instanceType === undefined) return workspace;
  return { ...workspace, resource: { ...workspace.resource, instanceType } };
}
