import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** bcrypt of "hunter2": the registry program takes no other kind of hash. */
const HUNTER2 = '$2b$05$fTfMDFw1qkfEPVq6G9Tkiunc.o7c.9xgv1bELt1OAJeP4cUBg9eA.';

/**
 * The registry program of the Distribution project with user `tuner`, password `hunter2`. Its binary lies in the folder named by
 * KAITO_REGISTRY_PROGRAMS.
 */
export class RegistryProgram {
  private program: ChildProcess | undefined;

  private constructor(
    readonly host: string,
    private readonly folder: string,
  ) {}

  static async start(): Promise<RegistryProgram> {
    const folder = mkdtempSync(join(tmpdir(), 'kaito-registry-'));
    const host = `127.0.0.1:${await freePort()}`;
    writeFileSync(join(folder, 'htpasswd'), `tuner:${HUNTER2}\n`);
    const config = [
      'version: 0.1',
      'log: {level: error, accesslog: {disabled: true}}',
      `storage: {filesystem: {rootdirectory: ${join(folder, 'store')}}}`,
      `http: {addr: "${host}"}`,
      `auth: {htpasswd: {realm: test, path: ${join(folder, 'htpasswd')}}}`,
    ];
    writeFileSync(join(folder, 'config.yml'), config.join('\n'));
    const registry = new RegistryProgram(host, folder);
    await registry.up();
    return registry;
  }

  async up(): Promise<void> {
    const program = spawn(
      join(process.env.KAITO_REGISTRY_PROGRAMS ?? '', 'registry'),
      ['serve', join(this.folder, 'config.yml')],
      {
        stdio: 'ignore',
      },
    );
    this.program = program;
    await new Promise((resolve, reject) => {
      program.once('spawn', resolve);
      program.once('error', reject);
    });
    // It answers 401 to whoever brings no password: then it is up.
    for (;;) {
      const answer = await fetch(`http://${this.host}/v2/`).catch(() => undefined);
      if (answer?.status === 401) return;
      if (program.exitCode !== null) throw new Error(`the registry program ended with ${program.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async down(): Promise<void> {
    const { program } = this;
    if (program === undefined || program.exitCode !== null) return;
    const gone = new Promise((resolve) => program.once('exit', resolve));
    program.kill();
    await gone;
  }

  async close(): Promise<void> {
    await this.down();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
