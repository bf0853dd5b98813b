import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { completionCommand, optionsOf } from '../../dist/commands/completion.js';
import { commands } from '../../dist/commands/index.js';
import { planCommand } from '../../dist/commands/plan.js';
import { UsageError } from '../../dist/usage-error.js';
import { golden } from '../support/planning.js';
import { failure, runCommand } from '../support/run-command.js';

describe('kaito completion', () => {
  /** What bash would offer for a line whose last word is being written. */
  async function offered(...words: readonly string[]): Promise<readonly string[]> {
    const { out } = await runCommand(completionCommand, 'bash');
    const line = ['kaito', ...words].map((word) => `'${word}'`).join(' ');
    const script = `${out}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length}; _kaito; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', script], { encoding: 'utf8' })
      .split('\n')
      .filter((word) => word !== '');
  }

  it('completes commands in bash', async () => {
    expect(await offered('p')).to.deep.equal(['plan', 'presets', 'plugins']);
    expect(await offered('')).to.have.members(commands.map(({ name }) => name));
  });

  it('completes the options of a command in bash, and leaves other words to the files', async () => {
    expect(await offered('plan', '--a')).to.deep.equal(['--all-types']);
    expect(await offered('why', 'demo', '--n')).to.deep.equal(['--namespace']);
    expect(await offered('plan', 'x')).to.deep.equal([]);
    expect(await offered('unknown', '--')).to.deep.equal([]);
  });

  it('knows the options that the help tells of', () => {
    expect(optionsOf(planCommand)).to.deep.equal(
      ['--all-types', '--config', '--file', '--instance-type', '--models', '--output', '-f', '-o'].sort(),
    );
  });

  it('speaks to zsh and to fish', async () => {
    expect((await runCommand(completionCommand, 'zsh')).out).to.match(/^autoload -Uz bashcompinit/);
    expect((await runCommand(completionCommand, 'fish')).out).to.match(
      /^complete -c kaito -n __fish_use_subcommand -a why -d '.+'$/m,
    );
  });

  it('refuses another shell', async () => {
    expect(await failure(completionCommand, 'csh'))
      .to.be.instanceOf(UsageError)
      .and.match(/takes bash, zsh, fish, not "csh"/);
    expect(await failure(completionCommand)).to.be.instanceOf(UsageError);
  });
});

describe('the reference of the command', () => {
  const page = new URL('../../../../docs/reference/command.md', import.meta.url);

  it('has every subcommand with its whole help', () => {
    const text = commands.map(({ name, usage }) => `### kaito ${name}\n\n\`\`\`text\n${usage}\`\`\`\n`).join('\n');
    golden(page, text, 'subcommands');
  });

  it('has one line for each', () => {
    const rows = commands.map(({ name, summary }) => `| \`${name}\` | ${summary} |`);
    golden(page, `${['| command | |', '| --- | --- |', ...rows].join('\n')}\n`, 'overview');
  });

  it('has no help without exit codes where there is more than one', () => {
    for (const { name, usage } of commands) {
      if (['crds', 'completion'].includes(name)) continue;
      expect(usage, name).to.match(/Exit codes: 0/);
    }
    expect(readFileSync(page, 'utf8')).to.match(/\| 2 \| wrong usage/);
  });
});
