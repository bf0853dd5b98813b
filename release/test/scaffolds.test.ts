import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { run, said } from '../dist/command.js';
import { packAll, type Tarball } from '../dist/tarballs.js';
import { ROOT } from '../dist/workspaces.js';

/** Not from a registry: nothing of ours is on one. What others made comes from npm, or from its cache. */
const INSTALL = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];

/** What the operator brings along. The rest (the inference server, the quick start) has native parts, and is not needed here. */
const OF_THE_OPERATOR = [
  'core',
  'operator',
  'gpu-models',
  'oci',
  'presets-phi',
  'provider-aks',
  'provider-karpenter',
  'runtime-inference',
  'runtime-tuning',
];

describe('from the packages alone, in a folder with nothing else', () => {
  let folder: string;
  let tarballs: ReadonlyMap<string, Tarball>;
  let desk: string;

  const files = (...names: readonly string[]): string[] =>
    names.map((name) => tarballs.get(`@kaito-sdk/${name}`)?.file ?? `no ${name}`);
  const kaito = (args: readonly string[], cwd = desk) => run(join(desk, 'node_modules/.bin/kaito'), args, cwd);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kaito-newcomer-'));
    tarballs = await packAll(folder);
    desk = join(folder, 'desk');
    mkdirSync(desk);
    writeFileSync(join(desk, 'package.json'), '{ "private": true, "type": "module" }');
    await said('npm', [...INSTALL, ...files(...OF_THE_OPERATOR)], desk);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('the operator is there, with its plugins, and one core between them', async () => {
    const { code, out, err } = await kaito(['operator', '--check']);
    expect([code, err]).to.deep.equal([0, '']);
    expect(out).to.match(/is valid: @kaito-sdk\/provider-aks, /);
    const found = await said('npm', ['ls', '@kaito-sdk/core', '--all', '--parseable'], desk);
    expect(new Set(found.trim().split('\n')).size).to.equal(1);
  });

  it('a manifest is planned, and the definitions are printed', async () => {
    const manifest = join(ROOT, 'examples/inference/kaito_workspace_phi_3.yaml');
    const planned = await kaito(['plan', '-f', manifest, '--instance-type', 'Standard_NC4as_T4_v3']);
    expect([planned.code, planned.err]).to.deep.equal([0, '']);
    expect((await kaito(['crds'])).out).to.match(/^kind: CustomResourceDefinition$/m);
  });

  it('kaito dev says what it needs and is not there', async () => {
    const { code, err } = await kaito(['dev']);
    expect(code).to.equal(1);
    expect(err).to.match(/npm install --save-dev @kaito-sdk\/devcluster \(DEVCLUSTER_MISSING\)/);
  });

  it('every way in can be imported, and its types hold under the strictest compiler', async () => {
    const typed = join(folder, 'typed');
    mkdirSync(typed);
    writeFileSync(join(typed, 'package.json'), '{ "private": true, "type": "module" }');
    await said(
      'npm',
      [
        ...INSTALL,
        ...files(...OF_THE_OPERATOR, 'devcluster', 'catalog-aws'),
        `typescript@${version('typescript')}`,
        `@types/node@${version('@types/node')}`,
      ],
      typed,
    );
    writeFileSync(join(typed, 'api.ts'), readFileSync(join(ROOT, 'release/type-test/api.ts')));
    const flags =
      '--noEmit --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --module nodenext --target es2023 --types node --skipLibCheck false'.split(
        ' ',
      );
    const { out } = await run(join(typed, 'node_modules/.bin/tsc'), [...flags, 'api.ts'], typed);
    // What others publish may lack types that nobody of ours looks at.
    const errors = out.split('\n').filter((line) => /^\S+\(\d+,\d+\): error/.test(line));
    expect(errors.filter((line) => !/^node_modules\/(?!@kaito-sdk\/)/.test(line))).to.deep.equal([]);
    const ways = [
      'core',
      'core/engine',
      'core/testing',
      'operator',
      'devcluster',
      'catalog-aws',
      'presets-phi',
      'provider-aks',
      'provider-karpenter',
      'runtime-inference',
      'runtime-tuning',
      'oci',
    ];
    writeFileSync(join(typed, 'all.mjs'), ways.map((way) => `await import('@kaito-sdk/${way}');\n`).join(''));
    await said(process.execPath, ['all.mjs'], typed);
  });

  for (const { kind, name, needs } of [
    { kind: 'operator', name: '@acme/greeter', needs: ['core', 'devcluster'] },
    { kind: 'preset-pack', name: 'acme-models', needs: [...OF_THE_OPERATOR, 'devcluster'] },
    { kind: 'provisioner', name: '@acme/acme.machines', needs: ['core', 'devcluster'] },
    { kind: 'runtime', name: '@acme/engine', needs: ['core', 'devcluster'] },
  ] as const) {
    it(`kaito create ${kind} makes a project whose tests pass as it comes out`, async () => {
      const made = join(folder, 'made', kind);
      const { code, out, err } = await kaito(['create', kind, name, '--folder', made], folder);
      expect([code, err]).to.deep.equal([0, '']);
      expect(out).to.match(/package\.json\n/);
      const manifest = join(made, 'package.json');
      const asMade = readFileSync(manifest, 'utf8');
      await said('npm', [...INSTALL, ...files(...needs)], made);
      // npm writes down where our tarballs lie; users have a registry, and what is packed below must name versions.
      writeFileSync(manifest, asMade);
      const tested = await run('npm', ['test'], made);
      expect(tested.code, `${tested.out}\n${tested.err}`).to.equal(0);
      expect(tested.out)
        .to.match(/\d+ passing/)
        .and.not.to.match(/failing/);
      expect(tested.out).not.to.match(/0 passing/);
    });
  }

  it('a pack and a provisioner of one’s own are published, installed beside the operator, and chosen by its configuration', async () => {
    const own = await Promise.all(
      ['preset-pack', 'provisioner'].map(async (kind) => {
        const made = join(folder, 'made', kind);
        const printed = await said('npm', ['pack', '--silent', '--pack-destination', folder], made);
        return join(folder, printed.trim().split('\n').at(-1) ?? '');
      }),
    );
    await said('npm', [...INSTALL, ...own], desk);
    writeFileSync(
      join(desk, 'kaito.yaml'),
      `plugins: ["@kaito-sdk/provider-aks", "@kaito-sdk/runtime-inference", acme-models, "@acme/acme.machines"]
provisioner: acme-machines
config:
  "@acme/acme.machines": { endpoint: "https://machines.example" }
`,
    );
    const models = await kaito(['models', '--config', 'kaito.yaml']);
    expect([models.code, models.err]).to.deep.equal([0, '']);
    expect(models.out).to.match(/^tinyllama-chat /m);
    const checked = await kaito(['operator', '--check', '--config', 'kaito.yaml']);
    expect([checked.code, checked.err]).to.deep.equal([0, '']);
    const wrong = await kaito(['operator', '--check', '--config', 'wrong.yaml']);
    expect(wrong.code).to.equal(1);
  });

  it('kaito create refuses what would not become a package, or would overwrite one', async () => {
    const taken = await kaito(['create', 'runtime', 'engine', '--folder', join(folder, 'made', 'runtime')], folder);
    expect(taken.code).to.equal(1);
    expect(taken.err).to.match(/is there already and not empty.*\(SCAFFOLD_FOLDER_TAKEN\)/);
    expect((await kaito(['create', 'runtime', 'Not A Name'], folder)).err).to.match(/SCAFFOLD_NAME_INVALID/);
    const [unknown, nameless] = [
      await kaito(['create', 'cloud', 'x'], folder),
      await kaito(['create', 'runtime'], folder),
    ];
    expect([unknown.code, nameless.code]).to.deep.equal([2, 2]);
  });
});

function version(tool: string): string {
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  return devDependencies[tool] ?? 'latest';
}
