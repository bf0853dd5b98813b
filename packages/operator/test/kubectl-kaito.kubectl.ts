import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { commands } from '../dist/commands/index.js';
import { phiWorkspace, World } from './support/world.js';

const KUBECTL = process.env.KUBECTL ?? 'kubectl';
const package_ = join(dirname(fileURLToPath(import.meta.url)), '..');
const manifest = join(package_, '..', '..', 'examples', 'inference', 'kaito_workspace_phi_3.yaml');

describe('kubectl kaito', function () {
  this.timeout(120_000);
  let folder: string;
  let world: World;
  const kubectl = (...args: readonly string[]): Promise<{ code: number; out: string; err: string }> =>
    new Promise((resolve) => {
      const env = {
        ...process.env,
        // The plugin is found by its name in PATH; npm puts it there, as a link to what package.json calls its bin.
        PATH: [folder, dirname(process.execPath), process.env.PATH].join(delimiter),
        HOME: folder,
        KUBECONFIG: join(folder, 'kubeconfig'),
      };
      execFile(KUBECTL, args, { env }, (error, out, err) =>
        resolve({
          code: error ? (typeof error.code === 'number' ? error.code : 127) : 0,
          out,
          err: err || (error?.message ?? ''),
        }),
      );
    });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kubectl-kaito-'));
    const { bin } = await import('../package.json', { with: { type: 'json' } }).then(
      (module) => module.default as { readonly bin: Readonly<Record<string, string>> },
    );
    for (const [name, file] of Object.entries(bin).filter(([name]) => name.startsWith('kubectl'))) {
      await chmod(join(package_, file), 0o755);
      await symlink(join(package_, file), join(folder, name));
    }
    world = await World.start();
    await writeFile(join(folder, 'kubeconfig'), (await world.cluster.listen()).kubeconfig());
    await world.operate();
    await world.apply(phiWorkspace({ name: 'bad', preset: 'phi-5' }));
  });
  after(async () => {
    await world?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('is a plugin that kubectl finds', async () => {
    expect((await kubectl('plugin', 'list')).out).to.include(join(folder, 'kubectl-kaito'));
  });

  it('is the command, under the name that it is called by', async () => {
    const { code, out } = await kubectl('kaito', '--help');
    expect(code).to.equal(0);
    expect(out).to.match(/^Usage: kubectl kaito COMMAND \[options\]\n/);
    expect((await kubectl('kaito', 'plan', '--help')).out).to.match(
      /^Usage: kubectl kaito plan -f FILE \[options\]\n {7}kubectl kaito plan --models/,
    );
    expect((await kubectl('kaito', 'nothing')).err).to.match(/^kubectl kaito: there is no command "nothing"/);
  });

  it('plans without a cluster, and asks the one of the kubeconfig', async () => {
    const plan = await kubectl(
      'kaito',
      'plan',
      '-f',
      manifest,
      '--instance-type',
      'Standard_NC4as_T4_v3',
      '-o',
      'json',
    );
    expect([plan.code, plan.err]).to.deep.equal([0, '']);
    expect(JSON.parse(plan.out)).to.deep.include({ feasible: true }).and.to.have.nested.property('nodes.count', 1);
    const why = await kubectl('kaito', 'why', 'bad');
    expect(why.out).to.match(/^default\/bad is blocked for .* at Planned \(UnknownPreset\)/);
    expect(why.code).to.equal(1);
  });

  it('is completed by kubectl’s own completion: commands, options, and files where files are asked for', async () => {
    const offered = async (...words: readonly string[]): Promise<readonly string[]> =>
      (await kubectl('__complete', 'kaito', ...words)).out.trim().split('\n');
    const summary = (name: string) => commands.find((one) => one.name === name)?.summary;
    expect(await offered('pl')).to.deep.equal([`plan\t${summary('plan')}`, `plugins\t${summary('plugins')}`, ':4']);
    expect(await offered('')).to.have.length(commands.length + 1);
    expect(await offered('plan', '--all')).to.deep.equal(['--all-types', ':4']);
    expect(await offered('plan', '-f', 'x')).to.deep.equal([':0']);
    expect(await offered('nothing', '--a')).to.deep.equal([':4']);
  });
});
