import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { npmrcWith } from '../../../release/dist/served-packages.js';
import { filesOf, type Script } from './commands.js';
import { type Page, ROOT } from './pages.js';

/** A scratch directory in which the commands of one page are typed, one block after the other. */
export class Desk {
  private readonly home = mkdtempSync(join(tmpdir(), 'kaito-docs-'));
  /** Where typing begins. One above it is still nobody else's. */
  readonly folder = join(this.home, 'desk');
  private readonly programs = join(this.home, 'programs');
  /** Holds where the last block has gone to, for the next one begins there. */
  private readonly at = join(this.home, 'at');
  readonly env: NodeJS.ProcessEnv = {
    ...withoutNpm(process.env),
    HOME: this.home,
    PATH: [this.programs, dirname(process.execPath), process.env.PATH].join(delimiter),
    npm_config_cache: join(this.home, 'npm'),
    npm_config_prefer_offline: 'true',
    npm_config_update_notifier: 'false',
    npm_config_loglevel: 'error',
    npm_config_fund: 'false',
    npm_config_audit: 'false',
    NO_COLOR: '1',
  };

  constructor(page: Page) {
    mkdirSync(this.programs);
    mkdirSync(this.folder);
    mkdirSync(join(this.home, 'npm'));
    // What npm has downloaded, but not what npx has installed: of our packages that may be another state under the same version.
    const cache = process.env.npm_config_cache ?? join(process.env.HOME ?? '', '.npm');
    mkdirSync(join(cache, '_cacache'), { recursive: true });
    symlinkSync(join(cache, '_cacache'), join(this.home, 'npm', '_cacache'));
    writeFileSync(this.at, this.folder);
    for (const { name, text } of filesOf(page)) {
      mkdirSync(dirname(join(this.folder, name)), { recursive: true });
      writeFileSync(join(this.folder, name), text);
    }
  }

  /** Looks like the root of the repository, and what is written beside it is not in it. */
  likeTheRepository(): this {
    for (const name of readdirSync(ROOT)) {
      if (!name.startsWith('.git')) symlinkSync(join(ROOT, name), join(this.folder, name));
    }
    return this.program('kaito', process.execPath, join(ROOT, 'packages/operator/dist/main.js'));
  }

  /** Has the examples beside it, as one who copied them. */
  withExamples(): this {
    cpSync(join(ROOT, 'examples'), join(this.folder, 'examples'), { recursive: true });
    return this;
  }

  /** Puts a command on the PATH. */
  program(name: string, ...command: readonly string[]): this {
    const file = join(this.programs, name);
    writeFileSync(file, `#!/bin/sh\nexec ${command.map((part) => `'${part}'`).join(' ')} "$@"\n`);
    chmodSync(file, 0o755);
    return this;
  }

  /** What npm is told for every folder, on top of what it is told on this machine. */
  npmrc(...lines: readonly string[]): this {
    writeFileSync(join(this.home, '.npmrc'), npmrcWith(...lines));
    return this;
  }

  /** Types the commands of a block. Throws with all that was said when one of them fails, or does not end. */
  async types({ at, run }: Script, limitMs: number): Promise<string> {
    const script = `cd "$(cat ${this.at})"\ntrap 'pwd > ${this.at}' EXIT\n${run}`;
    const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: this.folder,
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    // The whole group: a command that does not end is most often a child of npm.
    const late = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), limitMs);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (ended) => resolve(ended ?? -1));
    });
    clearTimeout(late);
    if (code !== 0) throw new Error(`${at}: ended with ${code}\n${run}\n${said}`);
    return said;
  }

  clear(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** A shell that `npm run` did not start: npm hands its files and prefixes on, and those of the repository are nobody's here. */
function withoutNpm(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^npm_/i.test(name) || /_registry$/i.test(name)));
}
