import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeClaimCrd } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { gone } from './support/programs.js';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

describe('kaito-devcluster', function () {
  this.slow(3_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'command-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const start = (...args: string[]) =>
    spawn(process.execPath, [main, ...args], {
      env: { ...process.env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  const run = async (...args: string[]) => {
    const child = start(...args);
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      err += text;
    });
    const [code] = (await once(child, 'close')) as [number];
    return { code, out, err };
  };

  const ready = async (child: ReturnType<typeof start>) => {
    let text = '';
    for await (const piece of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
      text += piece;
      const found = /^ready (\S+) kubeconfig=(\S+)$/m.exec(text);
      if (found !== null) return { url: found[1]!, kubeconfig: found[2]! };
    }
    throw new Error(`it ended without being ready: ${text}`);
  };

  it('explains itself', async () => {
    const { code, out, err } = await run('--help');
    expect([code, err]).to.deep.equal([0, '']);
    for (const option of ['--port', '--kubeconfig', '--crds', '--nodes', '--help']) expect(out).to.include(option);
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`prints where it is, and ends cleanly on ${signal}`, async () => {
      const file = join(folder, 'config');
      const child = start('--kubeconfig', file, '--nodes', '2');
      const { url, kubeconfig } = await ready(child);
      expect(kubeconfig).to.equal(file);
      expect(readFileSync(file, 'utf8')).to.include(url);
      expect(statSync(file).mode & 0o077).to.equal(0);
      child.kill(signal);
      const [code] = (await once(child, 'exit')) as [number];
      expect(code).to.equal(0);
      await gone(child.pid!);
    });
  }

  it('removes the kubeconfig that it made up itself', async () => {
    const child = start();
    const { kubeconfig } = await ready(child);
    expect(existsSync(kubeconfig)).to.equal(true);
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect(existsSync(kubeconfig)).to.equal(false);
  });

  it('installs the definitions of a directory', async () => {
    writeFileSync(join(folder, 'claims.yaml'), `# a comment first\n---\n${stringify(nodeClaimCrd)}`);
    const child = start('--crds', folder);
    await ready(child);
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).to.equal(0);
  });

  for (const [what, args, message] of [
    ['an unknown option', ['--bogus'], "Unknown option '--bogus'; kaito-devcluster --help lists the options"],
    ['an argument', ['extra'], "Unexpected argument 'extra'"],
    ['a port that is none', ['--port', 'http'], '--port wants a whole number from 0 to 65535, not "http"'],
    ['a port beyond the last', ['--port', '70000'], '--port wants a whole number from 0 to 65535, not "70000"'],
    ['a broken number of nodes', ['--nodes', '1.5'], '--nodes wants a whole number from 0 to 10000, not "1.5"'],
    [
      'a directory that is not there',
      ['--crds', '/no/such/directory'],
      '--crds: there is no directory /no/such/directory',
    ],
    [
      'a kubeconfig that cannot be written',
      ['--kubeconfig', '/no/such/directory/x'],
      '--kubeconfig: cannot write /no/such/directory/x',
    ],
  ] as const) {
    it(`refuses ${what} with exit code 2`, async () => {
      const { code, out, err } = await run(...args);
      expect(code).to.equal(2);
      expect(err).to.include(`kaito-devcluster: ${message}`);
      expect(out).not.to.include('ready');
    });
  }

  it('refuses files that are no definitions, each by name', async () => {
    const file = join(folder, 'x.yaml');
    writeFileSync(file, 'apiVersion: v1\nkind: ConfigMap\n');
    expect((await run('--crds', folder)).err).to.include(
      `--crds: ${file} holds something else than CustomResourceDefinitions`,
    );
    writeFileSync(file, 'a: [b\n');
    expect((await run('--crds', folder)).err).to.include(`--crds: ${file} is not YAML`);
    writeFileSync(file, stringify({ ...nodeClaimCrd, metadata: { name: 'wrong.karpenter.sh' } }));
    const refused = await run('--crds', folder);
    expect(refused.err).to.include(`--crds: the API server refuses ${file}`);
    expect(refused.code).to.equal(2);
    rmSync(file);
    expect((await run('--crds', folder)).err).to.include('no *.yaml, *.yml or *.json file');
  });

  it('refuses a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { code, err } = await run('--port', String(port));
    expect(code).to.equal(2);
    expect(err).to.include(`--port: cannot listen on ${port}`);
    server.close();
  });
});
