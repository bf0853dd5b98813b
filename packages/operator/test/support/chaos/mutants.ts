import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A fault in the source of the operator: this text of a compiled file becomes that one. */
export interface Mutant {
  readonly name: string;
  /** Below `packages/`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const WORKSPACE = 'core/dist/workspace';

/** Faults that people make in operators. The harness must notice each of them. */
export const mutants: readonly Mutant[] = [
  {
    name: 'buys without a finalizer',
    file: `${WORKSPACE}/prepare.js`,
    from: 'if (!(await cluster.ensureFinalizer(workspace)))',
    to: 'if (false)',
  },
  {
    name: 'lets the Workspace go before its nodes',
    file: `${WORKSPACE}/release.js`,
    from: 'if (going.length > 0)',
    to: 'if (false)',
  },
  {
    name: 'gives claims names by chance',
    file: `${WORKSPACE}/claim-names.js`,
    from: 'JSON.stringify([owner.namespace,',
    to: 'JSON.stringify([globalThis.process.hrtime.bigint().toString(), owner.namespace,',
  },
  {
    name: 'asks before it has said so',
    file: `${WORKSPACE}/claim-nodes.js`,
    from: 'if (untold)',
    to: 'if (false)',
  },
  {
    name: 'writes the end of a lease down after the release',
    file: `${WORKSPACE}/finish-tuning.js`,
    from: 'await context.publish(outcome);',
    to: ';',
  },
  {
    name: 'writes the end of a lease down after the release, where the plan has moved on',
    file: `${WORKSPACE}/release-surplus.js`,
    from: 'await context.publish(done);',
    to: ';',
  },
  {
    name: 'keeps the nodes of an earlier plan',
    file: `${WORKSPACE}/reconcile-workspace.js`,
    from: "    [releaseSurplus, 'giving nodes back'],",
    to: '',
  },
  {
    name: 'finds no leak',
    file: `${WORKSPACE}/leak-hunt.js`,
    from: 'for await (const claim of provisioner.owned())',
    to: 'for await (const claim of [])',
  },
  {
    name: 'does not try again after an error',
    file: 'core/dist/engine/controller.js',
    from: "const retryInMs = queue.retry(text, 'retry after an error');",
    to: 'const retryInMs = 0;',
  },
];

/** The operator as it is: nothing may be found. */
const healthy: Mutant = { name: 'nothing', file: '', from: '', to: '' };

/** Runs the harness against each mutant, one process each. Says what found it, and whether all were found, and nothing without a mutant. */
export async function runMutants(say: (line: string) => void, only = mutants): Promise<boolean> {
  const unfounded = await hunt(healthy);
  if (unfounded !== undefined) {
    say(`found without a mutant: ${unfounded}`);
    return false;
  }
  let survived = 0;
  for (const mutant of only) {
    const finding = await hunt(mutant);
    if (finding === undefined) survived++;
    say(finding === undefined ? `NOT FOUND: ${mutant.name}` : `found: ${mutant.name}: ${finding}`);
  }
  say(`${only.length} mutants, ${survived} not found`);
  return survived === 0;
}

/** What the harness says of this mutant; undefined when it notices nothing. */
export async function hunt(mutant: Mutant): Promise<string | undefined> {
  const program = fileURLToPath(new URL('mutant-hunt.js', import.meta.url));
  const hook = new URL('mutant-hook.js', import.meta.url).href;
  const child = fork(program, {
    execArgv: ['--import', hook],
    env: { ...process.env, KAITO_TEST_MUTANT: JSON.stringify(mutant) },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let finding: string | undefined;
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  child.on('message', (told) => {
    finding = String(told);
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`the hunt for the mutant "${mutant.name}" ended with ${code}: ${errors}`);
  return finding;
}
