import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './workspaces.js';

/** What npm is told on this machine, and these lines. */
export function npmrcWith(...lines: readonly string[]): string {
  const { npm_config_userconfig: own = join(process.env.HOME ?? '', '.npmrc') } = process.env;
  return `${existsSync(own) ? readFileSync(own, 'utf8') : ''}\n${lines.join('\n')}\n`;
}

/** The packages as `npm run packages` serves them to a reader. Other packages come from npm, or from its cache. */
export class ServedPackages {
  private constructor(
    private readonly child: ChildProcess,
    private readonly registry: string,
  ) {}

  static async start(): Promise<ServedPackages> {
    const child = spawn(process.execPath, [join(ROOT, 'tools', 'packages.mjs'), '--port', '0'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    const registry = await new Promise<string>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text) => {
          said += text;
          const [, found] = /npm config set @kaito-sdk:registry=(\S+)\n/.exec(said) ?? [];
          if (found !== undefined) resolve(found);
        });
      }
      child.once('close', (code) => reject(new Error(`npm run packages ended with ${code}:\n${said}`)));
    });
    return new ServedPackages(child, registry);
  }

  /** What to tell npm on top of its settings here. */
  get setting(): string {
    return `@kaito-sdk:registry=${this.registry}`;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('close', resolve));
    this.child.kill();
    await ended;
  }
}
