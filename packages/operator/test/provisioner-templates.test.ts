import { readFileSync } from 'node:fs';
import { expect } from 'chai';

const root = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

/** The example has for a rack what the scaffold has for any machines. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\bRackApi\b/g, 'MachineApi'],
  [/\bRackOrder\b/g, 'MachineOrder'],
  [/\bRackMachine\b/g, 'Machine'],
  [/\bRackProvisioner\b/g, 'MachineProvisioner'],
  [/\bthis\.rack\b/g, 'this.machines'],
  [/\bprivate readonly rack\b/g, 'private readonly machines'],
  [/\brack\.example\//g, '__NAME__.example.com/'],
  [/'rack'/g, "'__NAME__'"],
  [/'the rack has/g, "'__NAME__ has"],
];

/** Code as words: without imports, comments, what is exported, and how lines are broken. */
function words(source: string): string {
  const code = source
    .replace(/^import [\s\S]*?;$/gm, '')
    .replace(/\/\*\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
    .replace(/^export /gm, '')
    .replace(/,(\s*[)}\]])/g, '$1');
  return WORDS.reduce((text, [word, other]) => text.replace(word, other), code)
    .replace(/\s+/g, ' ')
    .trim();
}

/** What a class, an interface or a constant is, up to the next one. */
function declarations(source: string): ReadonlyMap<string, string> {
  const parts = words(source).split(/ (?=(?:class|interface|const|function) [A-Za-z]+(?:[ :=(<{]))/);
  // Indented ones belong to what they stand in.
  const top: string[] = [];
  for (const part of parts) {
    const last = top.at(-1);
    if (last === undefined || depth(last) === 0) top.push(part);
    else top[top.length - 1] = `${last} ${part}`;
  }
  return new Map(
    top.map((part) => [
      part
        .split(/[ :=(<{]/)
        .slice(0, 2)
        .join(' '),
      part,
    ]),
  );
}

/** Brackets that are still open at the end. */
function depth(code: string): number {
  return (code.match(/[{([]/g)?.length ?? 0) - (code.match(/[})\]]/g)?.length ?? 0);
}

describe('the scaffold of a provisioner and the example of one', () => {
  const scaffold = declarations(
    read('packages/operator/templates/provisioner/src/machine-api.ts') +
      read('packages/operator/templates/provisioner/src/provisioner.ts'),
  );
  const example = declarations(read('examples/provisioner-plugin/rack-provisioner.ts'));

  for (const [name, text] of scaffold) {
    it(`have the same ${name}`, () => expect(example.get(name)).to.equal(text));
  }

  it('are compared as a whole: the example has nothing else but its plugin', () => {
    expect([...scaffold.keys()]).to.include.members([
      'interface MachineApi',
      'class MachineProvisioner',
      'function stateOf',
    ]);
    expect([...example.keys()].filter((name) => !scaffold.has(name))).to.deep.equal(['const rackPlugin']);
  });
});
