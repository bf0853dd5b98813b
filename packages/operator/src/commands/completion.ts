import { UsageError } from '../usage-error.js';
import type { Command } from './command.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** `kaito completion`: lets a shell complete commands and options. */
export const completionCommand: Command = {
  name: 'completion',
  summary: 'print the completion of commands and options for bash, zsh or fish',
  usage: `Usage: kaito completion SHELL

  bash    source <(kaito completion bash)
  zsh     source <(kaito completion zsh)
  fish    kaito completion fish | source
`,
  async run(args, io) {
    const [shell, ...more] = args;
    if (!isShell(shell) || more.length > 0)
      throw new UsageError(`kaito completion takes ${SHELLS.join(', ')}, not "${args.join(' ')}"`);
    // Only now: the list of all commands has this one in it.
    const { commands } = await import('./index.js');
    io.out(scripts[shell](commands));
    return 0;
  },
};

function isShell(word: string | undefined): word is Shell {
  return SHELLS.some((shell) => shell === word);
}

/** The options of a command, as its help has them. */
export function optionsOf({ usage }: Command): readonly string[] {
  return [...new Set([...usage.matchAll(/(?<=^|[\s,[])--?[a-zA-Z][a-z-]*/gm)].map(([option]) => option))].sort();
}

const scripts: Readonly<Record<Shell, (commands: readonly Command[]) => string>> = {
  bash: (commands) => `${completer(commands)}complete -o default -F _kaito kaito\n`,
  zsh: (commands) =>
    `autoload -Uz bashcompinit && bashcompinit\n${completer(commands)}complete -o default -F _kaito kaito\n`,
  fish: (commands) =>
    commands
      .flatMap((command) => [
        `complete -c kaito -n __fish_use_subcommand -a ${command.name} -d '${command.summary.replaceAll("'", '’')}'`,
        ...optionsOf(command).map(
          (option) =>
            `complete -c kaito -n '__fish_seen_subcommand_from ${command.name}' ${option.startsWith('--') ? `-l ${option.slice(2)}` : `-s ${option.slice(1)}`}`,
        ),
      ])
      .join('\n')
      .concat('\n'),
};

/** Completes the first word with the commands, and a word that begins with a dash with the options of its command; else with files. */
function completer(commands: readonly Command[]): string {
  const cases = commands.map((command) => `    ${command.name}) words="${optionsOf(command).join(' ')}" ;;`);
  return `_kaito() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')}" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
    *) COMPREPLY=() ;;
  esac
}
`;
}
