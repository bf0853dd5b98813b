import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { kaito, temporaryFolder, workspace } from '../support/program.js';

describe('kaito plan of manifests', function () {
  this.timeout(30_000);
  const folder = temporaryFolder();

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
    const files = [join(folder(), 'one.yaml'), join(folder(), 'two.yaml')] as const;
    await writeFile(files[0], workspace('Standard_NC6s_v3').replace('name: demo', 'name: one'));
    await writeFile(files[1], workspace('Standard_NC4as_T4_v3').replace('name: demo', 'name: two'));
    const planned = await kaito(['plan', '-f', files[0], '-f', files[1]]);
    expect(planned.code).to.equal(1);
    expect(planned.out).to.match(/^workspace {3}default\/one\n[\s\S]*^workspace {3}default\/two /m);
    const rendered = await kaito(['render', '-f', files[1], '-f', files[0]]);
    expect(rendered.err).to.match(/^workspace {3}default\/one$/m);
    expect(rendered.out).to.match(/^ {2}name: two$/m);
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

  it('refuses the deprecated model by its name, with the way out', async () => {
    const { code, out } = await kaito(['plan', '-f', '-'], workspace('Standard_NC24ads_A100_v4', 'phi-2'));
    expect(code).to.equal(1);
    expect(out).to.match(/phi-2 is no longer served: .*\(PresetDeprecated\)/);
    expect(out).to.match(/^way out +Set inference\.preset\.name to phi-3-mini-4k-instruct\.$/m);
  });
});
