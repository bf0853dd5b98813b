import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeClaimCrd } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { gone } from './support/programs.js';

// biome-ignore lint/suspicious/noExplicitAny: bodies of every shape
type Json = any;

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

describe('kaito-devcluster', function () {
  this.slow(3_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'command-'));
  });
  afterEach(() => {
    // Only a test that failed leaves one.
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  const children = new Set<ReturnType<typeof start>>();
  const start = (...args: string[]) => {
    const child = spawn(process.execPath, [main, ...args], {
      env: { ...process.env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.add(child);
    child.once('exit', () => children.delete(child));
    return child;
  };

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
    for (const option of ['--port', '--kubeconfig', '--data', '--audit', '--crds', '--nodes', '--help'])
      expect(out).to.include(option);
  });

  it('never writes over the kubeconfig of other clusters, which it may have been given out of habit', async () => {
    const file = join(folder, 'config');
    const cluster = (name: string) => `- { name: ${name}, cluster: { server: "https://${name}" } }\n`;
    for (const others of [
      `clusters:\n${cluster('mine')}current-context: mine\n`,
      'clusters:\n- cluster:\n    server: https://mine\n- cluster:\n    server: https://x\ncurrent-context: kaito-devcluster\n',
    ]) {
      writeFileSync(file, others);
      const { code, err } = await run('--kubeconfig', file);
      expect(code).to.equal(2);
      expect(err).to.include(`${file} is there already and is not the kubeconfig of a devcluster`);
      expect(readFileSync(file, 'utf8')).to.equal(others);
    }
  });

  it('writes over the kubeconfig of a devcluster of before, and over nothing that anybody else can read then', async () => {
    const file = join(folder, 'config');
    const first = start('--kubeconfig', file);
    await ready(first);
    first.kill('SIGINT');
    await once(first, 'close');
    chmodSync(file, 0o644);
    const again = start('--kubeconfig', file);
    const { url } = await ready(again);
    expect(readFileSync(file, 'utf8')).to.include(url);
    expect(statSync(file).mode & 0o077).to.equal(0);
    again.kill('SIGINT');
    await once(again, 'close');
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

  /** A client as strangers have it: an address, a token and a certificate, from the kubeconfig. */
  const client = (kubeconfig: string) => {
    const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8'));
    const { server, 'certificate-authority-data': ca } = clusters[0].cluster;
    const agent = new Agent({ ca: Buffer.from(ca, 'base64'), keepAlive: true });
    return (method: string, path: string, body?: object) =>
      new Promise<{ status: number; body: Json }>((resolve, reject) => {
        const headers = { authorization: `Bearer ${users[0].user.token}`, 'user-agent': 'stranger/1.0' };
        const outgoing = request(`${server}${path}`, { method, agent, headers }, (incoming) => {
          let text = '';
          incoming.setEncoding('utf8').on('data', (piece) => {
            text += piece;
          });
          incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: JSON.parse(text) }));
          incoming.on('error', reject);
        });
        outgoing.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
      });
  };
  const configMaps = '/api/v1/namespaces/default/configmaps';
  const names = ({ body }: { body: Json }): string[] =>
    body.items.map(({ metadata }: Json) => metadata.name).filter((name: string) => name.startsWith('m'));

  it('goes on where it was with --data, under the kubeconfig of before when the port is the same', async () => {
    const config = join(folder, 'config');
    const data = join(folder, 'data');
    let child = start('--data', data, '--kubeconfig', config);
    const { url } = await ready(child);
    expect((await client(config)('POST', configMaps, { metadata: { name: 'm1' } })).status).to.equal(201);
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect(existsSync(join(data, 'lock'))).to.equal(false);

    child = start('--data', data, '--kubeconfig', join(folder, 'other'), '--port', new URL(url).port);
    await ready(child);
    expect(names(await client(config)('GET', configMaps))).to.deep.equal(['m1']);
    child.kill('SIGTERM');
    await once(child, 'exit');
  });

  it('has all that it said was written when it is killed in the middle of writing', async () => {
    const config = join(folder, 'config');
    const data = join(folder, 'data');
    const answered = new Set<string>();
    for (let life = 0; life < 3; life++) {
      const child = start('--data', data, '--kubeconfig', config);
      await ready(child);
      const call = client(config);
      const there = names(await call('GET', configMaps));
      expect(there).to.include.members([...answered]);
      // At most the writes under way when it died may be there without an answer.
      expect(there.length - answered.size).to.be.within(0, 8 * life);
      for (const name of there) answered.add(name);
      let stopped = false;
      const writer = async (lane: number) => {
        for (let n = 0; !stopped; n++) {
          const name = `m${life}-${lane}-${n}`;
          const answer = await call('POST', configMaps, { metadata: { name } }).catch(() => undefined);
          if (answer?.status === 201) answered.add(name);
          if (answer === undefined) return;
          if (answered.size > 150 * (life + 1) && !stopped) {
            stopped = true;
            child.kill('SIGKILL');
          }
        }
      };
      await Promise.all(Array.from({ length: 8 }, (_, lane) => writer(lane)));
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
    const child = start('--data', data, '--kubeconfig', config);
    await ready(child);
    expect(names(await client(config)('GET', configMaps))).to.include.members([...answered]);
    child.kill('SIGTERM');
    await once(child, 'exit');
  }).timeout(60_000);

  it('writes each request to the file of --audit', async () => {
    const file = join(folder, 'audit.log');
    const config = join(folder, 'config');
    const child = start('--audit', file, '--kubeconfig', config);
    await ready(child);
    await client(config)('POST', configMaps, { metadata: { name: 'm1' } });
    await client(config)('GET', `${configMaps}/m1`);
    child.kill('SIGTERM');
    await once(child, 'exit');
    const lines = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Json);
    expect(lines.map(({ verb, userAgent, responseStatus }) => [verb, userAgent, responseStatus.code])).to.deep.equal([
      ['create', 'stranger/1.0', 201],
      ['get', 'stranger/1.0', 200],
    ]);
    expect(statSync(file).mode & 0o077).to.equal(0);
  });

  it('keeps instances with their definition, and takes a new one over from --crds', async () => {
    const crds = join(folder, 'crds');
    const config = join(folder, 'config');
    mkdirSync(crds);
    const definition = structuredClone(nodeClaimCrd) as Json;
    writeFileSync(join(crds, 'claims.yaml'), stringify(definition));
    const args = ['--data', join(folder, 'data'), '--crds', crds, '--kubeconfig', config];
    const life = async (look: (call: ReturnType<typeof client>) => Promise<void>) => {
      const child = start(...args);
      await ready(child);
      await look(client(config));
      child.kill('SIGINT');
      const [code] = (await once(child, 'exit')) as [number];
      expect(code).to.equal(0);
    };
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/nodeclaims.karpenter.sh';
    const shortNames = async (call: ReturnType<typeof client>) => (await call('GET', path)).body.spec.names.shortNames;
    await life(async (call) => void expect(await shortNames(call)).to.equal(undefined));
    definition.spec.names.shortNames = ['nc'];
    writeFileSync(join(crds, 'claims.yaml'), stringify(definition));
    await life(async (call) => void expect(await shortNames(call)).to.deep.equal(['nc']));
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
    ['a data directory that is a file', ['--data', main], '--data: '],
    ['an audit file that cannot be written', ['--audit', '/no/such/directory/x'], '--audit: cannot write /no/such/'],
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
