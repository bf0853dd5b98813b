import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import GithubSlugger from 'github-slugger';
import { lexer, type Token, type Tokens } from 'marked';

/** The root of the repository. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** A fenced block, with the marks that stand before it. */
export interface Block {
  /** `docs/guides/byo.md:16`, for messages. */
  readonly at: string;
  /** The word after the fence, or nothing. */
  readonly language: string;
  readonly text: string;
  /** Of `<!-- name: value -->` comments right before it, the value by the name. */
  readonly marks: Readonly<Record<string, string>>;
}

export interface Page {
  /** Path in the repository. */
  readonly file: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  readonly links: readonly string[];
  /** What a link may name after `#`, as GitHub makes it of the headings. */
  readonly anchors: ReadonlySet<string>;
  /** Code in running text and in tables. */
  readonly inline: readonly string[];
}

/** Reads a page as GitHub would. */
export function readPage(file: string): Page {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const blocks: Block[] = [];
  const links: string[] = [];
  const inline: string[] = [];
  const anchors = new Set<string>();
  const slugger = new GithubSlugger();
  const visit = (tokens: readonly Token[], from: number): void => {
    let marks: Record<string, string> = {};
    let line = from;
    for (const token of tokens) {
      if (token.type === 'html' || token.type === 'space') Object.assign(marks, marksOf(token.raw));
      else {
        if (token.type === 'code') blocks.push({ ...fenced(token as Tokens.Code), at: `${file}:${line}`, marks });
        marks = {};
      }
      if (token.type === 'heading') anchors.add(slugger.slug(plain(token.tokens ?? [])));
      if (token.type === 'link' || token.type === 'image') links.push(token.href);
      if (token.type === 'codespan') inline.push(token.text);
      visit(children(token), line);
      line += token.raw.split('\n').length - 1;
    }
  };
  visit(lexer(text), 1);
  return { file, text, blocks, links, anchors, inline };
}

function fenced({ lang = '', text }: Tokens.Code): Pick<Block, 'language' | 'text'> {
  return { language: lang.split(/\s/)[0] ?? '', text: `${text}\n` };
}

function marksOf(html: string): Record<string, string> {
  const found = html.matchAll(/<!-- (\w+):\s([\s\S]*?)\s*-->/g);
  return Object.fromEntries([...found].map(([, name = '', value = '']) => [name, value]));
}

function children(token: Token): readonly Token[] {
  if (token.type === 'list') return (token as Tokens.List).items;
  if (token.type === 'table') {
    const { header, rows } = token as Tokens.Table;
    return [header, ...rows].flat().flatMap((cell) => cell.tokens);
  }
  return (token as Tokens.Generic).tokens ?? [];
}

/** Text without its markup: what the anchor of a heading is made of. */
function plain(tokens: readonly Token[]): string {
  const text = (token: Token): string => {
    const inner = children(token);
    return inner.length > 0 ? plain(inner) : 'text' in token ? String(token.text) : '';
  };
  return tokens.map(text).join('');
}

const pages = (patterns: readonly string[]): readonly Page[] =>
  globSync([...patterns], { cwd: ROOT, exclude: (path) => /(^|\/)(node_modules|dist|dist-test)(\/|$)/.test(path) })
    .sort()
    .map(readPage);

/** What people read to use the project: README, guides, reference, examples, the chart. */
export const guides = (): readonly Page[] =>
  pages([
    'README.md',
    'CONTRIBUTING.md',
    'docs/guides/*.md',
    'docs/reference/**/*.md',
    'examples/**/*.md',
    'charts/*/*.md',
  ]);

/** Those, and the pages of the packages. */
export const everyPage = (): readonly Page[] => [
  ...guides(),
  ...pages(['packages/*/README.md', 'packages/operator/templates/*/README.md']),
];
