import { expect } from 'chai';
import { commands } from '../../packages/operator/dist/commands/index.js';
import { usage } from '../../packages/quickstart/dist/options.js';
import { everyPage } from './support/pages.js';

/** What is wrong with a command in running text: a subcommand or an option that does not exist. Words in capitals stand for something. */
function fault(code: string): string | undefined {
  const words = code.split(/\s+/);
  const start = words.indexOf('--');
  const help = code.startsWith('npm start -- ') ? usage : helpOf(code);
  if (help === undefined) return /^kaito [a-z]/.test(code) ? 'there is no such command' : undefined;
  const options = (code.startsWith('npm') ? words.slice(start + 1) : words).filter((word) => /^--?[a-z]/.test(word));
  const unknown = options
    .map((option) => option.split('=')[0] ?? '')
    .filter((option) => !help.includes(option) && option !== '--help');
  return unknown.length === 0 ? undefined : `it has no ${unknown.join(', ')}`;
}

function helpOf(code: string): string | undefined {
  const [, name] = /^(?:kaito|kubectl kaito|npm run kaito --) ([a-z]+)/.exec(code) ?? [];
  return commands.find((command) => command.name === name)?.usage;
}

describe('the commands in running text', () => {
  for (const { file, inline } of everyPage()) {
    const named = inline.filter((code) =>
      /^(kaito [a-z]|kubectl kaito [a-z]|npm run kaito -- |npm start -- )/.test(code),
    );
    if (named.length === 0) continue;
    it(`are there, with their options: ${file}`, () => {
      expect(named.flatMap((code) => (fault(code) === undefined ? [] : [`${code}: ${fault(code)}`]))).to.deep.equal([]);
    });
  }

  it('are found wrong by their name and by their options', () => {
    expect(fault('kaito plan -f FILE')).to.equal(undefined);
    expect(fault('npm start -- --once')).to.equal(undefined);
    expect(fault('kaito paln -f FILE')).to.equal('there is no such command');
    expect(fault('kaito plan --file FILE --dry')).to.equal('it has no --dry');
    expect(fault('npm start -- --twice')).to.equal('it has no --twice');
  });
});
