import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dockerConfigAuth, parseReference, pullFiles, pushImage, Registry } from '@kaito-sdk/oci';
import { expect } from 'chai';
import { failure, World } from './support/world.js';

/** bcrypt of "hunter2": the registry program takes no other kind of hash. */
const hunter2 = '$2b$05$fTfMDFw1qkfEPVq6G9Tkiunc.o7c.9xgv1bELt1OAJeP4cUBg9eA.';

/**
 * Against the registry program of the Distribution project, with a password. Needs its binary and that of crane, named by
 * KAITO_REGISTRY_BINARY and KAITO_CRANE_BINARY, or on the PATH as `registry` and `crane`.
 */
describe('against a real registry program', function () {
  this.timeout(60_000);
  const registryBinary = process.env.KAITO_REGISTRY_BINARY ?? 'registry';
  const crane = process.env.KAITO_CRANE_BINARY ?? 'crane';
  let world: World;
  let program: ChildProcess;
  let host: string;
  let dockerConfig: string;

  before(async () => {
    world = new World();
    const port = await freePort();
    host = `127.0.0.1:${port}`;
    writeFileSync(world.path('htpasswd'), `tuner:${hunter2}\n`);
    writeFileSync(
      world.path('config.yml'),
      [
        'version: 0.1',
        'log: {level: error, accesslog: {disabled: true}}',
        `storage: {filesystem: {rootdirectory: ${world.path('store')}}}`,
        `http: {addr: "${host}"}`,
        `auth: {htpasswd: {realm: test, path: ${world.path('htpasswd')}}}`,
      ].join('\n'),
    );
    program = spawn(registryBinary, ['serve', world.path('config.yml')], { stdio: 'ignore' });
    await new Promise((resolve, reject) => {
      program.once('spawn', resolve);
      program.once('error', reject);
    });
    dockerConfig = JSON.stringify({ auths: { [host]: { auth: Buffer.from('tuner:hunter2').toString('base64') } } });
    writeFileSync(world.path('config.json'), dockerConfig);
    await answers(host);
  });

  after(async () => {
    const gone = new Promise((resolve) => program.once('exit', resolve));
    program.kill();
    await gone;
    world.close();
  });

  const weights = Buffer.alloc(3_000_000, 'weights');
  const files = [
    { path: 'data/adapter_config.json', from: { content: '{"r": 8}' } },
    { path: 'data/adapter_model.safetensors', from: { content: weights } },
  ];
  const auth = () => dockerConfigAuth(dockerConfig);
  const ask = (...args: readonly string[]) =>
    execFileSync(crane, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, DOCKER_CONFIG: world.folder },
    });

  it('pushes in chunks and pulls back the same', async () => {
    const pushed = await pushImage({
      ref: `${host}/team/a:1`,
      files,
      auth: auth(),
      chunkBytes: 1_000_000,
      annotations: { a: 'b' },
    });
    const pulled = await pullFiles(`${host}/team/a:1`, { path: 'data', into: world.path('out'), auth: auth() });
    expect(pulled.digest).to.equal(pushed.digest);
    expect(readFileSync(world.path('out/adapter_model.safetensors')).equals(weights)).to.equal(true);
  });

  it('makes images that crane finds valid, with the digest we say', async () => {
    const pushed = await pushImage({ ref: `${host}/team/b:1`, files, auth: auth(), packing: 'gzip' });
    expect(ask('validate', '--remote', `${host}/team/b:1`)).to.match(/PASS/);
    expect(ask('digest', `${host}/team/b:1`).trim()).to.equal(pushed.digest);
    execFileSync(crane, ['export', `${host}/team/b:1`, world.path('b.tar')], {
      env: { ...process.env, DOCKER_CONFIG: world.folder },
    });
    expect(execFileSync('tar', ['-tf', world.path('b.tar')], { encoding: 'utf8' })).to.contain(
      'data/adapter_model.safetensors',
    );
  });

  it('reads images that crane made', async () => {
    writeFileSync(world.path('layer'), 'x');
    execFileSync('tar', ['-cf', world.path('layer.tar'), '--transform=s,^,data/,', '-C', world.folder, 'layer']);
    ask('append', '--oci-empty-base', '-f', world.path('layer.tar'), '-t', `${host}/team/crane:1`);
    await pullFiles(`${host}/team/crane:1`, { path: 'data', into: world.path('crane'), auth: auth() });
    expect(readFileSync(world.path('crane/layer'), 'utf8')).to.equal('x');
  });

  it('mounts a layer across repositories', async () => {
    await pushImage({
      ref: `${host}/team/m1:1`,
      files: [{ path: 'data/m', from: { content: 'mount me' } }],
      auth: auth(),
    });
    const { layer } = await pushImage({
      ref: `${host}/team/m2:1`,
      files: [{ path: 'data/m', from: { content: 'mount me' } }],
      auth: auth(),
      mountFrom: 'team/m1',
    });
    expect(layer.outcome).to.equal('mounted');
  });

  it('is refused without the password, and with a wrong one', async () => {
    await failure(() => pushImage({ ref: `${host}/team/a:2`, files }), 'UNAUTHORIZED');
    const wrong = { kind: 'basic', username: 'tuner', password: 'wrong' } as const;
    await failure(() => pushImage({ ref: `${host}/team/a:2`, files, auth: wrong }), 'UNAUTHORIZED');
  });

  it('says that a tag does not exist', async () => {
    await failure(() => new Registry({ auth: auth() }).manifest(parseReference(`${host}/team/a:none`)), 'NOT_FOUND');
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function answers(host: string): Promise<void> {
  for (let i = 0; i < 100; i += 1) {
    const up = await fetch(`http://${host}/v2/`).then(
      (answer) => answer.status === 401,
      () => false,
    );
    if (up) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the registry on ${host} does not answer`);
}
