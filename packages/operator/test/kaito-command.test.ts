import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DevCluster } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { parse } from 'yaml';
import { commands } from '../dist/commands/index.js';
import { whyCommand } from '../dist/commands/why.js';
import { VERSION } from '../dist/version.js';

const here = dirname(fileURLToPath(import.meta.url));
const main = join(here, '..', 'dist', 'main.js');

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function kaito(args: readonly string[], input = '', environment: NodeJS.ProcessEnv = {}): Promise<Run> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, ...environment } });
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
    for (const { name } of commands) expect(asked.out).to.match(new RegExp(`^  ${name} `, 'm'));
    const bare = await kaito([]);
    expect([bare.code, bare.out]).to.deep.equal([2, '']);
  });

  it('plans and renders adapters that tuning Workspaces make without a cluster, and says what it assumed', async () => {
    const tuning = `apiVersion: kaito.sh/v1beta1
kind: Workspace
metadata: { name: tune }
resource: { instanceType: Standard_NC24ads_A100_v4, labelSelector: { matchLabels: { apps: tune } } }
tuning:
  preset: { name: phi-3-mini-4k-instruct }
  method: qlora
  input: { urls: ["https://data.example/d.jsonl"] }
  output: { image: registry.example/team/voice:1, imagePushSecret: push }
`;
    const serving = (adapter: string) => `apiVersion: kaito.sh/v1beta1
kind: Workspace
metadata: { name: serve }
resource: { instanceType: Standard_NC24ads_A100_v4, labelSelector: { matchLabels: { apps: serve } } }
inference:
  preset: { name: phi-3-mini-4k-instruct }
  adapters: [${adapter}]
`;
    const made = '{ source: { name: voice }, tuning: { workspace: tune } }';
    const alone = await kaito(['plan', '-f', '-'], serving(made));
    expect(alone.code, alone.out + alone.err).to.equal(0);
    expect(alone.out).to.contain(
      'adapter voice, which Workspace tune makes: no cluster was asked for its image, and tuning.invalid/tune:latest stands in its place',
    );
    const together = await kaito(['plan', '-o', 'json', '-f', '-'], `${tuning}---\n${serving(made)}`);
    const [, plan] = JSON.parse(together.out) as { engine: { adapters: { items: object[] } }; unchecked: string[] }[];
    expect(plan!.engine.adapters.items[0]).to.include({ name: 'voice', image: 'registry.example/team/voice:1' });
    expect(plan!.unchecked.join()).to.contain('its image is taken to be the one that it is to push');
    const rendered = await kaito(['render', '-f', '-'], serving(made));
    expect(rendered.code, rendered.err).to.equal(0);
    expect(rendered.out).to.contain('tuning.invalid/tune:latest');
    expect(rendered.err).to.match(/^kaito render: assumed: adapter voice/m);
    const wrong = await kaito(
      ['plan', '-f', '-'],
      serving('{ source: { name: voice, image: "x/y:1" }, tuning: { workspace: tune } }'),
    );
    expect(wrong.code).to.equal(1);
  });

  it('names a command it does not know', async () => {
    const { code, err } = await kaito(['plna']);
    expect(code).to.equal(2);
    expect(err).to.match(/there is no command "plna"/);
  });

  it('explains a command with --help, each of them in a text that begins with how it is called', async () => {
    const { code, out } = await kaito(['why', '--help']);
    expect([code, out]).to.deep.equal([0, whyCommand.usage]);
    for (const { name, usage } of commands) expect(usage).to.match(new RegExp(`^Usage: kaito ${name}`));
  });

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

  it('tells every error of an invalid Workspace on a line of its own, and to programs with its field', async () => {
    const wrong = workspace('x').replace('name: demo', 'name: Bad_Name').replace('matchLabels: { apps: demo }', '');
    const table = await kaito(['plan', '-f', '-'], wrong);
    expect(table.code).to.equal(1);
    expect(table.out).to.match(
      /^invalid {5}resource\.labelSelector\.matchLabels is required: .*\n {12}metadata\.name: "Bad_Name"/,
    );
    const { out, code } = await kaito(['plan', '-f', '-', '-o', 'json'], wrong);
    expect(code).to.equal(1);
    const refusal = JSON.parse(out);
    expect(refusal).to.include({ feasible: false, code: 'InvalidWorkspace' });
    expect(refusal.errors.map(({ field }: { field: string }) => field)).to.deep.equal([
      'resource.labelSelector.matchLabels',
      'metadata.name',
    ]);
    expect(parse((await kaito(['plan', '-f', '-', '-o', 'yaml'], wrong)).out)).to.deep.equal(refusal);
  });

  it('plans the Workspaces of several files, and of none less than it was given', async () => {
    const files = [join(folder, 'one.yaml'), join(folder, 'two.yaml')] as const;
    await writeFile(files[0], workspace('Standard_NC6s_v3').replace('name: demo', 'name: one'));
    await writeFile(files[1], workspace('Standard_NC4as_T4_v3').replace('name: demo', 'name: two'));
    const planned = await kaito(['plan', '-f', files[0], '-f', files[1]]);
    expect(planned.code).to.equal(1);
    expect(planned.out).to.match(/^workspace {3}default\/one\n[\s\S]*^workspace {3}default\/two /m);
    const rendered = await kaito(['render', '-f', files[1], '-f', files[0]]);
    expect(rendered.err).to.match(/^workspace {3}default\/one$/m);
    expect(rendered.out).to.match(/^ {2}name: two$/m);
  });

  it('refuses a field that no Workspace has, at any depth, as a server does, and says which was meant', async () => {
    const good = workspace('Standard_NC4as_T4_v3');
    const typo = await kaito(['plan', '-f', '-'], good.replace('instanceType:', 'instanceTyp:'));
    expect([typo.code, typo.out]).to.deep.equal([
      1,
      'invalid     resource.instanceTyp is no field of a Workspace: did you mean resource.instanceType?\n',
    ]);
    const adapters = 'adapters: [{ source: { name: a, image: "r/a:1" }, strenght: "0.5" }]';
    const deep = good.replace('inference: {', `inference: { ${adapters},`);
    for (const command of ['plan', 'render']) {
      const { code, out, err } = await kaito([command, '-f', '-'], deep);
      expect(code).to.equal(1);
      expect(out + err).to.contain(
        'inference.adapters[0].strenght is no field of a Workspace: did you mean inference.adapters[0].strength?',
      );
    }
    const [head = '', resource, inference] = good.split(/\n(?=resource|inference)/);
    const spec = await kaito(['plan', '-f', '-', '-o', 'json'], `${head}\nspec:\n  ${resource}\n  ${inference}`);
    expect(JSON.parse(spec.out)).to.deep.include({
      code: 'InvalidWorkspace',
      field: 'spec',
      message:
        'spec is no field of a Workspace: what is in it stands at the top level, as resource, inference and tuning. And 1 more.',
    });
  });

  it('plans what a cluster answered, status and all: also one that KAITO wrote', async () => {
    const stored = `${workspace('Standard_NC4as_T4_v3')}status: { workerNodes: [a], somethingOfKaitos: 1 }\n`;
    expect(
      (await kaito(['plan', '-f', '-'], stored.replace('{ name: demo }', '{ name: demo, uid: x, managedFields: [] }')))
        .code,
    ).to.equal(0);
  });

  it('has nothing to complain of when nobody reads on, as with | head', async () => {
    const child = spawn(process.execPath, [main, 'crds']);
    child.stdout.destroy();
    let err = '';
    child.stderr.on('data', (text) => (err += text));
    await once(child, 'close');
    expect(err).to.equal('');
  });

  it('tells its version, and the options of a command after the word help', async () => {
    for (const word of ['--version', 'version']) {
      const { code, out } = await kaito([word]);
      expect([code, out]).to.deep.equal([0, `${VERSION}\n`]);
    }
    expect(VERSION).to.match(/^\d+\.\d+\.\d+/);
    expect((await kaito(['help', 'plan'])).out).to.equal((await kaito(['plan', '--help'])).out);
  });

  it('says without a stack that there is no kubeconfig, and how to get along without one', async () => {
    const { code, err } = await kaito(['why', 'demo'], '', { HOME: folder, KUBECONFIG: '' });
    expect([code, err]).to.deep.equal([
      1,
      'kaito why: nothing says which cluster to talk to: neither --kubeconfig nor KUBECONFIG names a kubeconfig, there is none at ~/.kube/config, ' +
        'and this is no pod of a cluster. Name one, or have kaito dev make a cluster in its own process (KUBECONFIG_MISSING)\n',
    ]);
  });

  it('says without a stack that a server refuses, or does not answer', async () => {
    const cluster = await DevCluster.start();
    try {
      const file = join(folder, 'without-definitions');
      await writeFile(file, (await cluster.listen()).kubeconfig());
      const { code, err } = await kaito(['status', '--kubeconfig', file]);
      expect(code).to.equal(1);
      expect(err)
        .to.match(/^kaito status: GET .* was refused \(404/)
        .and.to.match(/Is the operator installed in this cluster\?/)
        .and.not.to.match(/\n {4}at /);
      await cluster.stop();
      const gone = await kaito(['status', '--kubeconfig', file]);
      expect(gone.err).to.match(/^kaito status: GET .* got no answer: .*ECONNREFUSED/);
      expect(gone.err).not.to.match(/\n {4}at /);
    } finally {
      await cluster.stop();
    }
  });

  it('plans every Workspace of a file, passes over what lies beside them and says so, and names the one it refuses', async () => {
    const good = workspace('Standard_NC4as_T4_v3');
    const bad = workspace('Standard_NC6s_v3').replace('name: demo', 'name: old');
    const config = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\n';
    const { code, out, err } = await kaito(['plan', '-f', '-'], [good, config, bad].join('---\n'));
    expect(code).to.equal(1);
    expect(err).to.equal('kaito plan: not planned, for it is no Workspace: ConfigMap settings\n');
    expect(out).to.match(/^workspace {3}default\/demo \(inference\)$/m);
    expect(out).to.match(/\n\nworkspace {3}default\/old\ninfeasible {2}resource\.instanceType: /);
    const list = `apiVersion: v1\nkind: List\nitems:\n- ${good.trimEnd().replaceAll('\n', '\n  ')}\n`;
    expect((await kaito(['plan', '-f', '-'], list)).code).to.equal(0);
    const json = JSON.parse((await kaito(['plan', '-f', '-', '-o', 'json'], [good, bad].join('---\n'))).out);
    expect(json.map(({ feasible }: { feasible: boolean }) => feasible)).to.deep.equal([true, false]);
  });

  it('prints what fits where, the cheapest first, and what does not with --all-types', async () => {
    const { code, out } = await kaito(['plan', '--models', 'phi-4']);
    expect(code).to.equal(0);
    const [head, first, ...rest] = out.trimEnd().split('\n');
    expect(head).to.match(/^MODEL +INSTANCE +GPUS +\$\/HOUR +RUNTIME +CONTEXT +AT ONCE/);
    expect(first).to.match(/^phi-4 +Standard_NC24ads_A100_v4 +1 x A100 +3\.673 +vllm +16384/);
    expect(rest.join('\n')).not.to.match(/InsufficientMemory|retired/);
    const all = await kaito(['plan', '--models', 'phi-4', '--all-types']);
    // 47 with GPUs and 5 without.
    expect(all.out.trimEnd().split('\n')).to.have.length(1 + 52);
    expect(all.out).to.match(/^phi-4 +Standard_NC4as_T4_v3 .*InsufficientMemory$/m);
    expect(all.out).to.match(/^phi-4 +Standard_NC6s_v3 .*retired 2025-09-30, RuntimeUnsupported$/m);
  });

  it('prints the fit table as JSON and as YAML, the same value, for the types asked for', async () => {
    const args = ['plan', '--models', 'phi-4,phi-3-mini-4k-instruct', '--instance-type', 'Standard_NC4as_T4_v3'];
    const json = JSON.parse((await kaito([...args, '-o', 'json'])).out);
    expect(json.map(({ model, fits }: { model: string; fits: boolean }) => [model, fits])).to.deep.equal([
      ['phi-4', false],
      ['phi-3-mini-4k-instruct', true],
    ]);
    expect(parse((await kaito([...args, '-o', 'yaml'])).out)).to.deep.equal(json);
  });

  it('ends with 1 when a model fits nowhere that was asked for', async () => {
    const { code } = await kaito(['plan', '--models', 'phi-4', '--instance-type', 'Standard_NC4as_T4_v3']);
    expect(code).to.equal(1);
  });

  for (const [title, args, message] of [
    ['a model that nobody knows', ['--models', 'gpt'], /no model is called gpt; kaito presets lists them/],
    ['a manifest and models at once', ['--models', 'phi-4', '-f', 'x'], /--models makes a table of its own/],
    ['--all-types without models', ['--all-types', '-f', 'x'], /--all-types is for a table/],
  ] as const) {
    it(`says what is wrong with ${title}, exit code 2`, async () => {
      const { code, err } = await kaito(['plan', ...args]);
      expect(code).to.equal(2);
      expect(err).to.match(message);
    });
  }

  it('lists the models, with what each costs in memory', async () => {
    const { code, out } = await kaito(['models']);
    expect(code).to.equal(0);
    expect(out).to.match(/^phi-4 +16384 +27\.31 GiB +204800 B +107\.00 GiB +MIT$/m);
    expect(out).to.match(/^phi-2 .*deprecated, take phi-3-mini-4k-instruct/m);
    expect(JSON.parse((await kaito(['models', '-o', 'json'])).out)).to.have.length(14);
  });

  it('refuses the deprecated model by its name, with the way out', async () => {
    const { code, out } = await kaito(['plan', '-f', '-'], workspace('Standard_NC24ads_A100_v4', 'phi-2'));
    expect(code).to.equal(1);
    expect(out).to.match(/phi-2 is no longer served: .*\(PresetDeprecated\)/);
    expect(out).to.match(/^way out +Set inference\.preset\.name to phi-3-mini-4k-instruct\.$/m);
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
    [
      'a manifest of other things',
      ['plan', '-f', '-'],
      'kind: Pod\napiVersion: v1\nmetadata: { name: p }\n',
      /there is no Workspace in standard input: there is Pod p/,
    ],
    [
      'something that is no Workspace',
      ['plan', '-f', '-'],
      'kind: Workspace\napiVersion: v1\n',
      /expected a Workspace/,
    ],
    ['an empty file', ['plan', '-f', '-'], '', /there is no Workspace in standard input: it is empty/],
    [
      'documents that are empty',
      ['plan', '-f', '-'],
      '# nothing\n---\n---\n',
      /there is no Workspace in standard input: it is empty/,
    ],
    ['an alias that leads into itself', ['plan', '-f', '-'], 'a: &x [*x]\n', /expected a Workspace|is not YAML/],
    ['no name after --models', ['plan', '--models', ' , '], '', /--models needs a name/],
    ['an empty instance type', ['plan', '-f', '-', '--instance-type', ''], '', /--instance-type needs a name/],
    [
      'several instance types for a manifest',
      ['plan', '-f', '-', '--instance-type', 'a,b'],
      '',
      /takes one type for a manifest/,
    ],
    [
      'an instance type that nobody knows, in a table',
      ['plan', '--models', 'phi-4', '--instance-type', 'Standard_NC4as_T4'],
      '',
      /There is no instance type "Standard_NC4as_T4" in the installed catalogs\. Did you mean "Standard_NC4as_T4_v3"/,
    ],
    ['something that is no YAML', ['plan', '-f', '-'], 'a: [', /is not YAML/],
    ['a manifest without its option', ['plan', 'a.yaml'], '', /name a manifest with -f: kaito plan -f a\.yaml/],
    ['the same of render', ['render', 'a.yaml', 'b.yaml'], '', /kaito render -f a\.yaml -f b\.yaml/],
    [
      'a port that no machine has',
      ['dev', '--port', '99999'],
      '',
      /--port takes a number from 0 .* to 65535, not "99999"/,
    ],
    [
      'a delay in no unit',
      ['dev', '--node-delay', '5x'],
      '',
      /--node-delay takes a time such as 500ms, 5s or 2m, not "5x"/,
    ],
    ['a command that is nearly one', ['pln'], '', /^kaito: there is no command "pln"; did you mean plan\?\n/],
    ['a command that is like none', ['qqqqqq'], '', /there is no command "qqqqqq"\n\nUsage: kaito COMMAND/],
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

  it('checks a configuration and the plugins it names, without a cluster', async () => {
    const config = join(folder, 'checked.yaml');
    await writeFile(config, 'region: westeurope\n');
    const good = await kaito(['operator', '--check', '--config', config]);
    expect([good.code, good.err]).to.deep.equal([0, '']);
    expect(good.out).to.match(/checked\.yaml is valid: @kaito-sdk\/provider-aks, /);
    await writeFile(config, 'http: { prot: 80 }\n');
    const bad = await kaito(['operator', '--check', '--config', config]);
    expect(bad.code).to.equal(1);
    expect(bad.err).to.match(/http\.prot is not a setting; there are enabled, port, host \(CONFIG_INVALID\)/);
  });

  it('prints the JSON schema of its configuration', async () => {
    const { code, out } = await kaito(['operator', '--schema']);
    expect(code).to.equal(0);
    expect(JSON.parse(out)).to.have.nested.property('properties.webhooks.additionalProperties', false);
  });

  it('says which cluster it cannot reach', async () => {
    const kubeconfig = join(folder, 'kubeconfig');
    const { code, err } = await kaito(['run', '--kubeconfig', kubeconfig]);
    expect(code).to.equal(1);
    expect(err).to.match(/kubeconfig/);
  });
});
