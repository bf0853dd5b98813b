import { readFile } from 'node:fs/promises';
import { text as consume } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import {
  admissionPolicyOf,
  admitWorkspace,
  explain,
  formatFieldErrors,
  plan,
  systemClock,
  type Workspace,
  workspaceFrom,
} from '@kaito-sdk/core';
import { parseAllDocuments, stringify } from 'yaml';
import { configFrom } from '../config-file.js';
import { installPlugins } from '../plugins.js';
import { UsageError } from '../usage-error.js';
import type { Command } from './command.js';
import { type FitOutput, printFits } from './print-fits.js';

/** `kaito plan`: the same decision as the operator's, without a cluster and without spending anything. */
export const planCommand: Command = {
  name: 'plan',
  summary: 'say whether a Workspace fits, on what, at what price and with which flags',
  usage: `Usage: kaito plan -f FILE [options]
       kaito plan --models NAME[,NAME] [--instance-type TYPE[,TYPE] | --all-types] [options]

  -f, --file FILE         manifest with one or more Workspaces; - for standard input
  --models NAME[,NAME]    a table instead: these models, by name or by how their names begin, on each instance type
  --all-types             with --models: also the types on which they do not fit, with the reason
  --instance-type TYPE    plan for this instance type instead of the manifest's; with --models several, by commas
  --config FILE           the operator's configuration    [the bundled plugins]
  -o, --output FORMAT     table, json or yaml             [table]

Exit codes: 0 every Workspace is feasible; 1 one is not, with the reason; 2 wrong usage.
`,
  async run(args, io) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        file: { type: 'string', short: 'f' },
        'instance-type': { type: 'string' },
        config: { type: 'string' },
        output: { type: 'string', short: 'o' },
        models: { type: 'string' },
        'all-types': { type: 'boolean' },
      },
    });
    const output = values.output ?? 'table';
    if (values.file === undefined && values.models === undefined)
      throw new UsageError('which manifest? give one with -f FILE, or models with --models');
    if (values.file !== undefined && values.models !== undefined)
      throw new UsageError('--models makes a table of its own: leave out -f');
    if (values['all-types'] && values.models === undefined)
      throw new UsageError('--all-types is for a table: say --models too');
    if (!['table', 'json', 'yaml'].includes(output))
      throw new UsageError(`--output takes table, json or yaml, not "${output}"`);
    const { config, from } = await configFrom(values.config);
    const { catalogs } = await installPlugins(config, from, systemClock);
    if (values.models !== undefined) {
      const types = values['instance-type'];
      return printFits(catalogs(), io, {
        models: list(values.models),
        ...(types === undefined ? {} : { instanceTypes: list(types) }),
        all: values['all-types'] === true || types !== undefined,
        output: output as FitOutput,
      });
    }
    const decisions = (await readWorkspaces(values.file ?? '-')).map((workspace) => {
      const asked = withInstanceType(workspace, values['instance-type']);
      const errors = admitWorkspace(asked, undefined, admissionPolicyOf(catalogs()));
      return errors.length > 0
        ? { feasible: false as const, message: formatFieldErrors(errors) }
        : plan(asked, catalogs());
    });
    if (output === 'table') {
      const tables = decisions.map((decision) =>
        'code' in decision || decision.feasible ? explain(decision) : [`invalid     ${decision.message}`],
      );
      io.out(`${tables.map((lines) => lines.join('\n')).join('\n\n')}\n`);
    } else {
      const value = decisions.length === 1 ? decisions[0] : decisions;
      io.out(
        output === 'json'
          ? `${JSON.stringify(value, undefined, 2)}\n`
          : stringify(value, { aliasDuplicateObjects: false }),
      );
    }
    return decisions.every((decision) => decision.feasible) ? 0 : 1;
  },
};

function list(words: string): readonly string[] {
  return words
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

async function readWorkspaces(file: string): Promise<Workspace[]> {
  const text = await (file === '-' ? consume(process.stdin) : readFile(file, 'utf8')).catch((error: Error) => {
    throw new UsageError(`cannot read ${file}: ${error.message}`);
  });
  const documents = parseAllDocuments(text);
  return documents.map((document, i) => {
    const where = documents.length > 1 ? `${file}, document ${i + 1}` : file;
    const [error] = document.errors;
    if (error) throw new UsageError(`${where} is not YAML: ${error.message}`);
    try {
      return workspaceFrom(document.toJS());
    } catch (cause) {
      throw new UsageError(`${where}: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  });
}

function withInstanceType(workspace: Workspace, instanceType: string | undefined): Workspace {
  if (instanceType === undefined) return workspace;
  return { ...workspace, resource: { ...workspace.resource, instanceType } };
}
