import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parse } from 'yaml';

const here = dirname(fileURLToPath(import.meta.url));
const main = join(here, '..', 'dist', 'main.js');

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function kaito(args: readonly string[], input = ''): Promise<Run> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...args]);
    let out = '';
    let err = '';
    child.stdout.on('data', (text) => (out += text));
    child.stderr.on('data', (text) => (err += text));
    child.on('close', (code) => resolve({ code, out, err }));
    child.stdin.end(input);
  });
}

const workspace = (instanceType: string, preset = 'phi-3-mini-4k-instruct') => `apiVersion: kaito.sh/v1alpha1
kind: Workspace
metadata: { name: demo }
resource: { instanceType: ${instanceType}, labelSelector: { matchLabels: { apps: demo } } }
inference: { preset: { name: ${preset} } }
`;

describe('the kaito command', function () {
  this.timeout(30_000);
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaito-command-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('lists its commands, on standard output when asked and with exit code 2 when not', async () => {
    const asked = await kaito(['--help']);
    expect([asked.code, asked.err]).to.deep.equal([0, '']);
    for (const name of ['run', 'plan', 'crds']) expect(asked.out).to.match(new RegExp(`^  ${name} `, 'm'));
    const bare = await kaito([]);
    expect([bare.code, bare.out]).to.deep.equal([2, '']);
  });

  it('names a command it does not know', async () => {
    const { code, err } = await kaito(['plna']);
    expect(code).to.equal(2);
    expect(err).to.match(/there is no command "plna"/);
  });

  for (const name of ['run', 'plan', 'crds']) {
    it(`explains ${name} with --help`, async () => {
      const { code, out } = await kaito([name, '--help']);
      expect(code).to.equal(0);
      expect(out).to.match(new RegExp(`^Usage: kaito ${name}`));
    });
  }

  it('plans a manifest from standard input, as a table', async () => {
    const { code, out } = await kaito(['plan', '-f', '-'], workspace('Standard_NC4as_T4_v3'));
    expect(code).to.equal(0);
    expect(out).to.match(/^workspace {3}default\/demo \(inference\)$/m);
    expect(out).to.match(/^nodes .*1 x Standard_NC4as_T4_v3/m);
  });

  it('prints the plan as JSON and as YAML, the same value', async () => {
    const manifest = workspace('Standard_NC24ads_A100_v4');
    const json = JSON.parse((await kaito(['plan', '-f', '-', '-o', 'json'], manifest)).out);
    const yaml = parse((await kaito(['plan', '-f', '-', '-o', 'yaml'], manifest)).out);
    expect(json).to.deep.include({ feasible: true, kind: 'inference' });
    expect(yaml).to.deep.equal(json);
  });

  it('ends with 1 and the way out when a Workspace cannot be served', async () => {
    const retired = await kaito(['plan', '-f', '-'], workspace('Standard_NC6s_v3'));
    expect(retired.code).to.equal(1);
    expect(retired.out)
      .to.match(/was retired on 2025-09-30/)
      .and.to.match(/Standard_NC4as_T4_v3/);
    const other = await kaito(
      ['plan', '-f', '-', '--instance-type', 'Standard_NC4as_T4_v3'],
      workspace('Standard_NC6s_v3'),
    );
    expect(other.code).to.equal(0);
  });

  it('plans by the configuration it is given', async () => {
    const config = join(here, '..', `test-config-${process.pid}.yaml`);
    await writeFile(config, 'config:\n  "@kaito-sdk/provider-karpenter": { retired: warn }\n');
    try {
      const { code, out } = await kaito(['plan', '-f', '-', '--config', config], workspace('Standard_NC6s_v3'));
      expect(code).to.equal(0);
      expect(out).to.match(/preset-image/);
    } finally {
      await rm(config);
    }
  });

  for (const [title, args, input, message] of [
    ['no manifest', ['plan'], '', /which manifest\? give one with -f FILE/],
    ['a manifest that is not there', ['plan', '-f', 'none.yaml'], '', /cannot read none\.yaml/],
    ['something that is no Workspace', ['plan', '-f', '-'], 'kind: Pod\napiVersion: v1\n', /expected a Workspace/],
    ['something that is no YAML', ['plan', '-f', '-'], 'a: [', /is not YAML/],
    ['an unknown output', ['plan', '-f', '-', '-o', 'xml'], '', /--output takes table, json or yaml, not "xml"/],
    ['an unknown option', ['plan', '--fast'], '', /--fast/],
    [
      'an unknown log level',
      ['run', '--log-level', 'loud'],
      '',
      /--log-level takes debug, info, warn, error, not "loud"/,
    ],
  ] as const) {
    it(`says what is wrong with ${title}, exit code 2, no stack`, async () => {
      const { code, err } = await kaito(args, input);
      expect(err)
        .to.match(message)
        .and.to.not.match(/\n {4}at /);
      expect(code).to.equal(2);
    });
  }

  it('names a plugin that is not installed', async () => {
    const config = join(folder, 'config.yaml');
    await writeFile(config, 'plugins: ["@acme/presets"]\n');
    const { code, err } = await kaito(['plan', '-f', '-', '--config', config], workspace('x'));
    expect(code).to.equal(1);
    expect(err).to.match(/npm install @acme\/presets \(PLUGIN_NOT_FOUND\)/);
  });

  it('prints a CRD without YAML anchors, which some tools do not read', async () => {
    const { code, out } = await kaito(['crds']);
    expect(code).to.equal(0);
    expect(out).to.not.match(/[&*]a\d+/);
    expect(parse(out)).to.deep.include({ kind: 'CustomResourceDefinition' });
  });

  it('says which cluster it cannot reach', async () => {
    const kubeconfig = join(folder, 'kubeconfig');
    const { code, err } = await kaito(['run', '--kubeconfig', kubeconfig]);
    expect(code).to.equal(1);
    expect(err).to.match(/kubeconfig/);
  });
});
