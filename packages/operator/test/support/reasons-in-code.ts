import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reasonOf } from '../../../runtime-tuning/dist/assess/outcome.js';

const packages = fileURLToPath(new URL('../../../../packages/', import.meta.url));

/** Where conditions get their reasons from: the phases, the provisioners and the runtimes. The planner's codes bring their own way out. */
const SOURCES = [
  'core/src/workspace',
  'core/src/byo',
  'core/src/plugin',
  'provider-karpenter/src',
  'provider-aks/src',
  'runtime-inference/src',
  'runtime-tuning/src',
];

/** A reason where one is expected, of one word or of several. */
const IN_PLACE = [
  /\b(?:waiting|blocked|failed)\(\s*'([A-Z][A-Za-z]+)'/g,
  /\breason: '([A-Z][A-Za-z]+)'/g,
  /new Provisioning(?:Error|Deferred)\(\s*(?:'[a-z]+',\s*)?'([A-Z][A-Za-z]+)'/g,
];
/** Any word of several words, which may be a reason that is put together, or passed on. */
const ANYWHERE = /'([A-Z][a-z]+(?:[A-Z][A-Za-z]*)+)'/g;
/** The codes of programs, in TypeScript and in Python. */
const CODES = /(?:Failure|failed|fail)\(\s*['"]([A-Z][A-Z_]+)['"]|\bcode(?:=|: )['"]([A-Z][A-Z_]+)['"]/g;

/** Every word of the code that is a reason of a condition or looks like one, with a file that has it. */
export function wordsInCode(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const folder of SOURCES) {
    for (const file of files(join(packages, folder), '.ts').filter(
      (one) => !/stand-ins|programs|\/loader\//.test(one),
    )) {
      const text = withoutComments(readFileSync(file, 'utf8'));
      for (const pattern of [...IN_PLACE, ANYWHERE])
        for (const [, word = ''] of text.matchAll(pattern)) found.set(word, file);
    }
  }
  return found;
}

/** The reasons that programs of a tuning end with, by the codes that they leave. */
export function reasonsOfPrograms(): ReadonlyMap<string, string> {
  const programs = join(packages, 'runtime-tuning/src/programs');
  const trainer = join(packages, 'runtime-tuning/trainer/kaito_trainer');
  const found = new Map<string, string>();
  for (const file of [...files(programs, '.ts'), ...files(trainer, '.py')])
    for (const [, one, other] of readFileSync(file, 'utf8').matchAll(CODES))
      found.set(reasonOf(one ?? other ?? ''), file);
  return found;
}

function files(folder: string, ending: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith(ending)).map((name) => join(folder, name));
}

function withoutComments(text: string): string {
  return text.replace(/^\s*(\/\/|\*|\/\*).*$/gm, '');
}
