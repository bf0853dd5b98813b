import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SCAFFOLDS, type Scaffold, scaffold } from '../scaffold.js';
import { UsageError } from '../usage-error.js';
import type { Command } from './command.js';

const INTO_THE_OPERATOR =
  'its name goes among the plugins of the operator that it is installed beside; README.md says how';
const THEN: Readonly<Record<Scaffold, string>> = {
  operator:
    'npm start runs it against the cluster of your kubeconfig, kubectl apply -f deploy/ in it; README.md says how',
  'preset-pack': INTO_THE_OPERATOR,
  provisioner: INTO_THE_OPERATOR,
  runtime: INTO_THE_OPERATOR,
};

/** `kaito create`: the beginning of a plugin or an operator of one's own. */
export const createCommand: Command = {
  name: 'create',
  summary: 'begin a preset pack, a provisioner, a runtime or an operator of your own, tests included',
  usage: `Usage: kaito create ${SCAFFOLDS.join('|')} NAME [options]

  NAME                 of the npm package: acme-models, @acme/models
  --folder DIR         where to write it                      [the name without its scope]

Then: cd DIR && npm install && npm test
Exit codes: 0 written; 1 not written, with the reason; 2 wrong usage.
`,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { folder: { type: 'string' } },
    });
    const [asked, name, ...more] = positionals;
    const kind = SCAFFOLDS.find((one) => one === asked);
    if (kind === undefined) throw new UsageError(`create what? ${SCAFFOLDS.join(', ')}; not "${asked ?? ''}"`);
    if (name === undefined || more.length > 0) throw new UsageError(`one name is needed: kaito create ${kind} NAME`);
    const folder = resolve(values.folder ?? (name.split('/').at(-1) || name));
    const files = scaffold(kind, name, folder);
    const shown = relative(process.cwd(), folder) || '.';
    io.out(`${files.map((file) => `${join(shown, relative(folder, file))}\n`).join('')}\n`);
    io.out(`Next: cd ${shown} && npm install && npm test\n`);
    io.out(`Then: ${THEN[kind]}\n`);
    return 0;
  },
};
