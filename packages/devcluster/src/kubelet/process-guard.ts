import { type ChildProcess, spawn } from 'node:child_process';

/**
 * The last will of a cluster: a tiny shell that outlives this process by a moment. It is told of each process group, and
 * when its standard input ends, for whatever reason (SIGKILL included), it kills what is left and removes the directory.
 *
 * There is no such shell on Windows; there the programs themselves must watch their standard input.
 */
export class ProcessGuard {
  readonly #shell: ChildProcess | undefined;

  /** @param directory removed in the end, with everything in it. */
  constructor(directory: string) {
    if (process.platform === 'win32') return;
    this.#shell = spawn('/bin/sh', ['-c', lastWill, 'devcluster-guard', directory], {
      stdio: ['pipe', 'ignore', 'ignore'],
      // A group of its own: Ctrl-C on the terminal must not end the guard before its wards.
      detached: true,
    });
    this.#shell.on('error', () => {});
    this.#shell.stdin?.on('error', () => {});
    this.#shell.unref();
  }

  watch(processGroup: number): void {
    this.#shell?.stdin?.write(`+ ${processGroup}\n`);
  }

  /** The group has ended: its number may soon belong to somebody else. */
  release(processGroup: number): void {
    this.#shell?.stdin?.write(`- ${processGroup}\n`);
  }

  /** Lets it do its work now. Settles when it is gone. */
  async stop(): Promise<void> {
    const shell = this.#shell;
    if (shell === undefined || shell.exitCode !== null || shell.signalCode !== null) return;
    // Nothing else may be left that keeps this process waiting for it.
    shell.ref();
    const gone = new Promise<void>((resolve) => shell.once('exit', () => resolve()));
    // From here on somebody waits for it: with nothing else to do this process would end before it.
    shell.ref();
    shell.stdin?.end();
    await gone;
  }
}

const lastWill = `
trap '' INT TERM HUP
groups=
while read -r what group; do
  rest=
  for one in $groups; do [ "$one" = "$group" ] || rest="$rest $one"; done
  [ "$what" = + ] && rest="$rest $group"
  groups=$rest
done
for one in $groups; do kill -s KILL -- "-$one" 2>/dev/null; done
rm -rf -- "$1"
`;
