import type { Block, Page } from './pages.js';

/** What a block of commands may need that no test has. It stands in the block itself, for readers: `# needs a cloud`. */
export const NEEDS = ['a cloud', 'a cluster', 'a container engine', 'a GPU', 'a quiet machine'] as const;

/**
 * Who runs a block: `<!-- run: packages -->` before it; without a mark, `npm test`.
 *
 * | tier | runs it |
 * | --- | --- |
 * | npm test | `commands.test.ts`, in a scratch directory that looks like the repository |
 * | packages | `commands.packages.ts`, in an empty directory, with the packages as npm would publish them |
 * | e2e | `commands.e2e.ts`, with kubectl, Helm and the operator, on a development cluster |
 * | runtime | `commands.runtime.ts`, with the trainer's Python |
 * | ci | `tools/ci.mjs`, which has the same command as a tier of its own |
 */
export const TIERS = ['npm test', 'packages', 'e2e', 'runtime', 'ci'] as const;
export type Tier = (typeof TIERS)[number];

/** Languages of fenced blocks. `sh` is for commands, `console` for what a command prints, led by `$ command`. */
export const LANGUAGES = ['sh', 'console', 'text', 'yaml', 'json', 'ts', 'js', 'dockerfile'] as const;

export interface Script {
  readonly at: string;
  readonly tier: Tier;
  /** As the page has it. */
  readonly shown: string;
  /** What is run: the same, or the shorter form of `<!-- as: … -->`; before it what the reader did elsewhere, `<!-- after: … -->`. */
  readonly run: string;
}

/** What is done with a block of commands, or what is wrong with it. */
export type Fate = { readonly needs: string } | { readonly script: Script } | { readonly wrong: string };

export function fateOf({ at, text, marks }: Block): Fate {
  const [, needs] = /^# needs (.+)$/m.exec(text.split('\n')[0] ?? '') ?? [];
  const unknown = Object.keys(marks).filter((mark) => !['run', 'as', 'after', 'file', 'generated'].includes(mark));
  if (unknown.length > 0) return { wrong: `no mark is called ${unknown.join(', ')}` };
  if (needs !== undefined) {
    if (!(NEEDS as readonly string[]).includes(needs))
      return { wrong: `"needs ${needs}" is none of: ${NEEDS.join(', ')}` };
    return marks.run === undefined ? { needs } : { wrong: 'it both needs something and is run' };
  }
  const tier = (marks.run ?? 'npm test') as Tier;
  if (!TIERS.includes(tier)) return { wrong: `"run: ${tier}" is none of: ${TIERS.join(', ')}` };
  if (marks.as !== undefined && programOf(marks.as) !== programOf(text)) {
    return { wrong: `"as: ${marks.as}" is another command than the one that is shown` };
  }
  const before = marks.after === undefined ? '' : `${marks.after}\n`;
  return { script: { at, tier, shown: text, run: `${before}${marks.as ?? text}` } };
}

/** `npm run bench` of `npm run bench -- engine`: two forms of one command have it in common. */
function programOf(command: string): string {
  const line = command.split('\n').find((each) => each.trim() !== '' && !each.startsWith('#')) ?? '';
  return /^(npm run [\w:-]+|npm \w+|\S+ \S+)/.exec(line)?.[0] ?? line;
}

/** The scripts of a page for one tier, in the order of the page. */
export function scriptsOf(page: Page, tier: Tier): readonly Script[] {
  return page.blocks
    .filter(({ language }) => language === 'sh')
    .map(fateOf)
    .flatMap((fate) => ('script' in fate && fate.script.tier === tier ? [fate.script] : []));
}

/** The files that a page shows and its commands read: `<!-- file: workspace.yaml -->` before the block. */
export function filesOf(page: Page): readonly { readonly name: string; readonly text: string }[] {
  return page.blocks.flatMap(({ marks, text }) => (marks.file === undefined ? [] : [{ name: marks.file, text }]));
}
