import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { Desk } from './support/desk.js';
import { ROOT } from './support/pages.js';
import { typed } from './support/typed.js';

/** As `npm run packages` serves them to a reader. Other packages come from npm, or from its cache. */
class ServedPackages {
  private constructor(
    private readonly child: ChildProcess,
    readonly registry: string,
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

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('close', resolve));
    this.child.kill();
    await ended;
  }
}

describe('the commands of the documentation, typed where only the packages are', function () {
  this.timeout(300_000);
  let served: ServedPackages;
  before(async () => {
    served = await ServedPackages.start();
  });
  after(() => served.stop());

  typed('packages', (page) =>
    new Desk(page).withExamples().npmrc(`@kaito-sdk:registry=${served.registry}`, 'ignore-scripts=true', 'yes=true'),
  );
});
