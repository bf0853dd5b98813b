import { readFileSync } from 'node:fs';

/** One instruction of a Dockerfile, its continued lines joined. */
export interface Instruction {
  /** In capitals: `COPY`. */
  readonly word: string;
  readonly rest: string;
}

/** The instructions of a Dockerfile, in order. */
export function instructionsOf(file: string): readonly Instruction[] {
  return readFileSync(file, 'utf8')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [word = '', ...rest] = line.trim().split(/\s+/);
      return { word: word.toUpperCase(), rest: rest.join(' ') };
    });
}

/** What a Dockerfile copies from the folder that it is built in, with the default values of its arguments filled in. */
export function copiedSources(instructions: readonly Instruction[]): readonly string[] {
  const values = new Map(
    instructions
      .filter(({ word }) => word === 'ARG')
      .map(({ rest }) => [rest.split('=')[0] ?? '', rest.split('=').slice(1).join('=')] as const),
  );
  return instructions
    .filter(({ word, rest }) => word === 'COPY' && !rest.includes('--from='))
    .flatMap(({ rest }) =>
      rest
        .split(' ')
        .filter((part) => !part.startsWith('--'))
        .slice(0, -1),
    )
    .map((source) => source.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => values.get(name) ?? whole));
}
