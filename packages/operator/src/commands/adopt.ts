import { parseArgs } from 'node:util';
import { RestClient, systemClock } from '@kaito-sdk/core';
import { type Adoption, adoptionOf, carryOut } from '../adopt/adoption.js';
import { type Change, nameOf } from '../adopt/change.js';
import { readKaito } from '../adopt/read-kaito.js';
import { successorOf } from '../adopt/successor.js';
import { configFrom } from '../config-file.js';
import { OPERATOR_NAME } from '../kaito-operator.js';
import { installPlugins } from '../plugins.js';
import { UsageError } from '../usage-error.js';
import { withCluster } from './cluster.js';
import type { Command, CommandIo } from './command.js';
import { outputOf, print } from './output.js';

/** `kaito adopt`: takes a cluster over from KAITO's own operator, without restarting a pod or a node. */
export const adoptCommand: Command = {
  name: 'adopt',
  summary: "take a cluster over from KAITO's own operator: show object by object what would change, or do it",
  usage: `Usage: kaito adopt [--apply] [options]

  --apply                      do it; without it nothing is changed
  --all                        also list what stays as it is
  --config FILE                the configuration that the operator will have    [the bundled plugins]
  --release NAME               Helm release that it will be installed as        [kaito]
  --release-namespace NAME     namespace of that release                        [kaito-system]
  --kubeconfig FILE            [$KUBECONFIG, ~/.kube/config, or the service account of the pod]
  --context NAME               context of the kubeconfig                        [its current one]
  -o, --output FORMAT          table, json or yaml                              [table]

First it sees to it that an uninstall of KAITO's chart leaves the CustomResourceDefinitions behind, then it stops KAITO's operator, then it hands its
objects over. Each workload keeps its kind and its pods until its Workspace asks for something else. It takes the rights of an administrator.
Exit codes: 0 nothing stands in the way, or it is done; 1 something does, with the reason, or it failed; 2 wrong usage.
`,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        apply: { type: 'boolean' },
        all: { type: 'boolean' },
        config: { type: 'string' },
        release: { type: 'string' },
        'release-namespace': { type: 'string' },
        kubeconfig: { type: 'string' },
        context: { type: 'string' },
        output: { type: 'string', short: 'o' },
      },
      allowPositionals: true,
    });
    if (positionals.length > 0)
      throw new UsageError(`kaito adopt takes a whole cluster, and no "${positionals.join(' ')}"`);
    const output = outputOf(values.output);
    const { config, from } = await configFrom(values.config);
    const successor = successorOf(config, await installPlugins(config, from, systemClock), {
      name: values.release ?? 'kaito',
      namespace: values['release-namespace'] ?? 'kaito-system',
    });
    return withCluster(values, io, async ({ transport }) => {
      const client = new RestClient({
        transport,
        clock: systemClock,
        random: Math.random,
        fieldManager: OPERATOR_NAME,
      });
      const adoption = adoptionOf(await readKaito(client, successor.release), successor);
      if (values.apply !== true || adoption.obstacles.length > 0) {
        print(io, output, adoption, () => lines(adoption, values.all === true));
        if (adoption.obstacles.length > 0) return refused(io, adoption);
        return 0;
      }
      const done: Change[] = [];
      await carryOut(client, successor, {
        clock: systemClock,
        told: (change) => {
          done.push(change);
          if (output === 'table') io.out(`${line(change).join('\n')}\n`);
        },
      });
      if (output !== 'table') print(io, output, { ...adoption, changes: done }, () => []);
      else
        io.out(
          `${[...(done.length === 0 ? ['nothing was left to do'] : []), ...noted(adoption), ...NEXT].join('\n')}\n`,
        );
      return 0;
    });
  },
};

const NEXT = ['', 'next: helm uninstall KAITO’s release, then install this operator: docs/guides/moving-from-kaito.md'];

function refused(io: CommandIo, { obstacles }: Adoption): number {
  const count = obstacles.length === 1 ? 'one thing stands' : `${obstacles.length} things stand`;
  io.err(`kaito adopt: ${count} in the way, so nothing is taken over\n`);
  return 1;
}

function lines(adoption: Adoption, all: boolean): readonly string[] {
  const { obstacles, changes } = adoption;
  const real = changes.filter(({ action }) => action !== 'none');
  const shown = all ? changes : real;
  const still = changes.length - real.length;
  return [
    ...shown.flatMap(line),
    ...(real.length === 0 ? ['nothing to change'] : []),
    ...(still > 0 && !all ? [`${still} objects stay as they are, pods among them; --all lists them`] : []),
    ...noted(adoption),
    ...obstacles.flatMap(({ object, problem, remedy }) => [
      `in the way  ${nameOf(object)}: ${problem}`,
      `            ${remedy}`,
    ]),
    ...(obstacles.length === 0 && real.length > 0 ? ['', 'nothing was changed; kaito adopt --apply does it'] : []),
  ];
}

function noted({ notes }: Adoption): readonly string[] {
  return notes.map((note) => `note        ${note}`);
}

const WORDS = { update: 'change', delete: 'delete', none: 'stays' } as const;

function line({ object, action, why, fields }: Change): readonly string[] {
  return [
    `${WORDS[action].padEnd(12)}${nameOf(object)}: ${why}`,
    ...fields.map(({ field, from, to }) => `${''.padEnd(12)}  ${field}: ${value(from)} -> ${value(to)}`),
  ];
}

function value(of: unknown): string {
  if (of === undefined) return '(none)';
  const text = typeof of === 'string' ? of : JSON.stringify(of);
  return text.length > 90 ? `${text.slice(0, 87)}...` : text;
}
