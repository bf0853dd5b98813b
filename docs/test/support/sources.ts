import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './pages.js';

export interface Source {
  /** `core`, `operator`, … */
  readonly packageName: string;
  readonly file: string;
  readonly text: string;
}

/** What the packages are made of, without what they publish for tests. */
export const sources = (): readonly Source[] =>
  globSync('packages/*/src/**/*.ts', { cwd: ROOT })
    .filter((file) => !/\/(testing|stand-ins)\//.test(file))
    .sort()
    .map((file) => ({ packageName: file.split('/')[1] ?? '', file, text: readFileSync(join(ROOT, file), 'utf8') }));

/** The first groups of all matches. */
export const all = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].flatMap(([, ...groups]) => groups.filter((group) => group !== undefined));

/**
 * The words of a message from its code: literals that are joined, or that one of is taken, with `…` for what is put in.
 * A template within a template is what is put in.
 */
export function wordsOf(code: string): string {
  let words = '';
  let at = 0;
  while (at < code.length) {
    const quote = code[at];
    if (quote !== '`' && quote !== "'") {
      if (quote === ':' && words !== '') words += ' / ';
      at += 1;
      continue;
    }
    at += 1;
    while (at < code.length && code[at] !== quote) {
      if (code[at] === '\\') words += code[++at];
      else if (quote === '`' && code.startsWith('${', at)) {
        words += '…';
        at = afterHole(code, at + 2) - 1;
      } else words += code[at];
      at += 1;
    }
    at += 1;
  }
  return words.replaceAll(/\s+/g, ' ').trim();
}

/** Where the expression of a template ends that begins at `from`: behind its closing brace. */
function afterHole(code: string, from: number): number {
  let depth = 1;
  let at = from;
  while (at < code.length && depth > 0) {
    if (code[at] === '{') depth += 1;
    if (code[at] === '}') depth -= 1;
    at += 1;
  }
  return at;
}
