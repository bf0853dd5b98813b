import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ChaosCase } from './chaos-life.js';
import { type Mutant, mutants } from './mutants.js';

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

/**
 * One that asks again and again at once comes to no end in virtual time. All lives take the operator as it is less than a minute, and it is
 * held to the same limit: on a machine that is too slow for it, the hunt fails with that and takes no mutant for found.
 */
const LONGEST_MS = 180_000;

/** What the harness says of this mutant; undefined when it notices nothing. `only`: in these lives. */
export async function hunt(mutant: Mutant, only?: readonly ChaosCase[]): Promise<string | undefined> {
  const program = fileURLToPath(new URL('mutant-hunt.js', import.meta.url));
  const hook = new URL('mutant-hook.js', import.meta.url).href;
  const child = fork(program, {
    execArgv: ['--import', hook],
    env: {
      ...process.env,
      KAITO_TEST_MUTANT: JSON.stringify(mutant),
      ...(only === undefined ? {} : { KAITO_TEST_LIVES: JSON.stringify(only) }),
    },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    timeout: LONGEST_MS,
    killSignal: 'SIGKILL',
  });
  let finding: string | undefined;
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  child.on('message', (told) => {
    finding = String(told);
  });
  const [code, signal] = await once(child, 'exit');
  if (signal === 'SIGKILL') return `it works without end, and no time passes: killed after ${LONGEST_MS / 1000} s`;
  if (code !== 0) throw new Error(`the hunt for the mutant "${mutant.name}" ended with ${code}: ${errors}`);
  return finding;
}
