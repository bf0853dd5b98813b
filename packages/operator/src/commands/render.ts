import { parseArgs } from 'node:util';
import {
  admissionPolicyOf,
  admitWorkspace,
  explain,
  formatFieldErrors,
  type KubeObject,
  plan,
  systemClock,
} from '@kaito-sdk/core';
import { stringify } from 'yaml';
import { withWorkspaceDefaults } from '../config/workspace-defaults.js';
import { configFrom } from '../config-file.js';
import { installPlugins } from '../plugins.js';
import { UsageError } from '../usage-error.js';
import { assumeAdapters, withAssumptions } from './assume-adapters.js';
import type { Command } from './command.js';
import { readManifests, refuseBareFiles } from './read-workspaces.js';
import { unknownWorkspaceFields } from './unknown-fields.js';

/** `kaito render`: the objects that the operator would apply for a Workspace, without a cluster. */
export const renderCommand: Command = {
  name: 'render',
  summary: 'print the objects that a Workspace becomes, without a cluster',
  usage: `Usage: kaito render -f FILE [options]

  -f, --file FILE         manifest with one or more Workspaces; - for standard input. Several: -f A -f B
  --config FILE           the operator's configuration    [the bundled plugins]
  -o, --output FORMAT     yaml, a document an object, or json, a List    [yaml]

As the operator applies them once the nodes have joined, but for the reference to their owner. A tuning has a Job before its own that looks at the data.
Exit codes: 0; 1 a Workspace is not feasible, with the reason, and nothing is printed of it; 2 wrong usage.
`,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        file: { type: 'string', short: 'f', multiple: true },
        config: { type: 'string' },
        output: { type: 'string', short: 'o' },
      },
    });
    refuseBareFiles('render', positionals);
    const output = values.output ?? 'yaml';
    if (output !== 'yaml' && output !== 'json') throw new UsageError(`--output takes yaml or json, not "${output}"`);
    if (values.file === undefined) throw new UsageError('which manifest? give one with -f FILE');
    const { config, from } = await configFrom(values.config);
    const catalogs = (await installPlugins(config, from, systemClock)).catalogs();
    const { workspaces } = await readManifests(values.file);
    const objects: KubeObject[] = [];
    let refused = 0;
    for (const read of workspaces) {
      const { namespace = 'default', ...metadata } = read.metadata;
      const workspace = withWorkspaceDefaults({ ...read, metadata: { ...metadata, namespace } }, config.defaults);
      const errors = [
        ...unknownWorkspaceFields(read),
        ...admitWorkspace(workspace, undefined, admissionPolicyOf(catalogs)),
      ];
      const { workspace: assumed, assumptions } = assumeAdapters(workspace, workspaces);
      const decision = errors.length > 0 ? undefined : withAssumptions(plan(assumed, catalogs), assumptions);
      for (const assumption of assumptions) io.err(`kaito render: assumed: ${assumption}\n`);
      if (!decision?.feasible) {
        refused++;
        const why = decision === undefined ? [`invalid     ${formatFieldErrors(errors)}`] : explain(decision);
        io.err(`${[`workspace   ${namespace}/${metadata.name}`, ...why].join('\n')}\n`);
        continue;
      }
      const runtime = catalogs.runtimes.find(({ name }) => name === decision.runtime.name);
      if (!runtime) throw new Error(`the Plan names runtime ${decision.runtime.name}, which is not registered`);
      const check = runtime.check?.(decision, assumed);
      const rendered = [...(check ? [check] : []), ...runtime.render(decision, assumed)];
      objects.push(...rendered.map((object) => placed(object, namespace)));
    }
    if (output === 'json')
      io.out(`${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }, undefined, 2)}\n`);
    else
      io.out(objects.map((object) => stringify(object, { aliasDuplicateObjects: false, lineWidth: 0 })).join('---\n'));
    return refused === 0 ? 0 : 1;
  },
};

function placed(object: KubeObject, namespace: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, namespace: object.metadata.namespace ?? namespace } };
}
