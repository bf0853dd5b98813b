import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { kaitoCommand, type Process, Running, stillRunning } from './support/command.js';

const workspace = (spec: string) => `apiVersion: kaito.sh/v1alpha1
kind: Workspace
metadata: { name: demo }
${spec}
`;
const resource = (instanceType: string) =>
  `resource: { instanceType: ${instanceType}, labelSelector: { matchLabels: { apps: demo } } }`;
const inference = (preset: string) => `inference: { preset: { name: ${preset} } }`;
const tuning =
  'tuning: { preset: { name: phi-3-mini-4k-instruct }, method: qlora, input: { urls: ["https://data.example/x.parquet"] }, output: { image: "registry.example/out:1", imagePushSecret: push } }';

describe('the first full run', function () {
  this.timeout(120_000);
  const serves = ({ command }: Process) => command.includes('inference-server');

  it('goes from the quick-start manifest to an answer through the Service, and leaves nothing behind', async () => {
    const run = new Running(['--once', '--node-delay', '0', '--output', 'json', '--prompt', 'What is a GPU?']);
    expect(await run.ended, run.err).to.equal(0);
    const { answer, answeredBy, tables, timeline } = JSON.parse(run.out);
    expect(answer).to.match(/GPU/i);
    expect(answeredBy).to.match(/stand-in/);
    expect(tables.workspace[0]).to.match(/^NAME +INSTANCE +RESOURCEREADY +INFERENCEREADY +WORKSPACEREADY +AGE$/);
    expect(tables.workspace[1]).to.match(/^workspace-phi-3-mini +Standard_NC6s_v3 +True +True +True +\d+s$/);
    expect(tables.service[1]).to.match(/^workspace-phi-3-mini +ClusterIP +10\.\S+ +<none> +80\/TCP,29500\/TCP +\d+s$/);
    const order = timeline.map(({ what }: { what: string }) => what);
    const steps = [
      'planned',
      'node claimed',
      'node joined',
      'workload created',
      'container started',
      'model ready',
      'ready',
      'answered',
    ];
    expect(order.filter((what: string) => steps.includes(what))).to.deep.equal(steps);
  });

  it('goes the same way with agent pools, through the real Azure SDK over TLS against a simulated Azure', async () => {
    const run = new Running(['--once', '--node-delay', '0', '--output', 'json', '--provisioner', 'aks']);
    expect(await run.ended, run.err).to.equal(0);
    const { answer, tables, timeline } = JSON.parse(run.out);
    expect(answer).to.match(/Kubernetes/);
    expect(tables.workspace[1]).to.match(/^workspace-phi-3-mini +Standard_NC6s_v3 +True +True +True +\d+s$/);
    const told = new Map(timeline.map(({ what, detail }: { what: string; detail: string }) => [what, detail]));
    expect(told.get('cluster up')).to.match(/simulated Azure Resource Manager/);
    expect(told.get('node joined')).to.match(/^node aks-ws[0-9a-f]{9}-\d+-vmss000000$/);
    expect([...told.keys()]).to.include.members(['planned', 'node claimed', 'GPU visible', 'model ready', 'answered']);
  });

  it('prints plain lines without a terminal, says that a stand-in answers, and stays up until it is told to stop', async () => {
    const run = new Running(['--node-delay', '0']);
    const [, kubeconfig = ''] = await run.says(/export KUBECONFIG=(\S+)/);
    const [, url = ''] = await run.says(/curl -X POST (http:\/\/127\.0\.0\.1:\d+)\/chat/);
    expect(run.out).to.match(/A stand-in with 1M parameters answers here/);
    expect(run.out.includes('\x1b'), 'escape codes without a terminal').to.equal(false);
    const answer = await fetch(`${url}/chat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ prompt: 'What is Kubernetes?' }),
    });
    expect(((await answer.json()) as { Result: string }).Result).to.match(/Kubernetes/);
    expect(existsSync(kubeconfig)).to.equal(true);
    const kaito = (...args: string[]) => kaitoCommand([...args, '--kubeconfig', kubeconfig]);
    const chat = await kaito('chat', 'workspace-phi-3-mini', 'What is Kubernetes?');
    expect([chat.code, chat.err]).to.deep.equal([0, '']);
    expect(chat.out).to.match(/Kubernetes/);
    expect((await kaito('why', 'workspace-phi-3-mini')).out).to.match(/^default\/workspace-phi-3-mini is ready for /);
    const status = await kaito('status', 'workspace-phi-3-mini');
    expect(status.out).to.match(/model ready\n\nready after \d+s\ncost: \$3\.06 an hour now/);

    const family = run.family();
    expect(family.filter(serves), 'the model is a process').to.have.length(1);
    run.kill('SIGINT');
    expect(await run.ended, run.err).to.equal(0);
    expect(run.out).to.match(/Everything is stopped and removed/);
    expect(existsSync(kubeconfig), 'the kubeconfig is removed').to.equal(false);
    expect(stillRunning(family)).to.deep.equal([]);
    const refused = await fetch(`${url}/chat`).catch((error: Error) => error);
    expect(refused, 'the port is closed').to.be.instanceOf(Error);
  });

  it('ends with 130 when it is interrupted on the way, and leaves no process', async () => {
    const run = new Running(['--node-delay', '1m']);
    await run.says(/node claimed/);
    const family = run.family();
    run.kill('SIGINT');
    expect(await run.ended).to.equal(130);
    expect(stillRunning(family)).to.deep.equal([]);
  });

  it('ends as on Ctrl-C when nobody reads on, as with | head', async () => {
    const run = new Running(['--node-delay', '10s']);
    await run.says(/node claimed/);
    const family = run.family();
    run.deafen();
    expect(await run.ended).to.equal(130);
    expect(run.err).to.equal('');
    expect(stillRunning(family)).to.deep.equal([]);
  });

  it('takes its processes along when it is killed without warning', async () => {
    const run = new Running(['--node-delay', '0']);
    await run.says(/export KUBECONFIG=(\S+)/);
    const family = run.family();
    expect(family.filter(serves)).to.have.length(1);
    run.kill('SIGKILL');
    await run.ended;
    for (let tries = 0; tries < 100 && stillRunning(family).length > 0; tries++) await sleep(100);
    expect(stillRunning(family)).to.deep.equal([]);
  });

  it('says how far it got when the time is over', async () => {
    const run = new Running(['--once', '--node-delay', '1m', '--timeout', '2s']);
    expect(await run.ended).to.equal(1);
    expect(run.err).to.match(/not ready after 2 s: 1 of 1 nodes not there yet: ws[0-9a-f]{9} is requested/);
  });

  it('shows its options, and refuses others with exit code 2', async () => {
    const help = new Running(['--help']);
    expect(await help.ended).to.equal(0);
    expect(help.out).to.match(/^Usage: npm start/);
    const wrong = new Running(['--node-delay', 'soon']);
    expect(await wrong.ended).to.equal(2);
    expect(wrong.err).to.match(/--node-delay takes a time/);
  });

  describe('with wrong input', () => {
    let folder: string;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'kaito-wrong-'));
    });
    after(() => rm(folder, { recursive: true }));

    for (const [title, manifest, message] of [
      [
        'an unknown instance type',
        [resource('Standard_NC6s_v4'), inference('phi-3-mini-4k-instruct')],
        /resource\.instanceType: .*Standard_NC6s_v4.*Standard_NC6s_v3/s,
      ],
      [
        'an unknown preset',
        [resource('Standard_NC6s_v3'), inference('phi-3-mini-4k')],
        /inference\.preset\.name: .*phi-3-mini-4k-instruct/s,
      ],
      [
        'both inference and tuning',
        [resource('Standard_NC6s_v3'), inference('phi-3-mini-4k-instruct'), tuning],
        /inference.*tuning.*both|both.*inference.*tuning/s,
      ],
      ['neither inference nor tuning', [resource('Standard_NC6s_v3')], /inference.*tuning/s],
      [
        'a model that does not fit',
        [resource('Standard_NV12s_v3'), inference('phi-3-mini-4k-instruct')],
        /resource\.instanceType: .*Standard_/s,
      ],
      [
        'a misspelt field, for which another machine would be bought',
        [resource('Standard_NC6s_v3').replace('instanceType', 'instanceTyp'), inference('phi-3-mini-4k-instruct')],
        /refused by the API server: .*unknown field "resource\.instanceTyp"/,
      ],
      ['tuning, which has a demonstration of its own', [resource('Standard_NC6s_v3'), tuning], /tuning: .*demo:tuning/],
    ] as const) {
      it(`ends on ${title} with one sentence that names the field and a way out, and claims no node`, async () => {
        const file = join(folder, 'workspace.yaml');
        await writeFile(file, workspace(manifest.join('\n')));
        const run = new Running(['--once', '--node-delay', '0', '--file', file]);
        expect(await run.ended).to.equal(1);
        expect(run.err)
          .to.match(message)
          .and.to.not.match(/\n {4}at /);
        expect(run.out).to.not.match(/node claimed/);
      });
    }

    for (const [title, text, message] of [
      ['a file that is not there', undefined, /cannot read the manifest/],
      ['a file that is no YAML', 'a: [', /is not YAML/],
      ['a file without a Workspace', 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\n', /holds 0 Workspaces/],
      [
        'a kind that nobody knows',
        'apiVersion: v1\nkind: Podd\nmetadata: { name: x }\n',
        /there is no Podd of v1 in this cluster: leave it out/,
      ],
      [
        'a misspelt Workspace',
        'apiVersion: kaito.sh/v1beta1\nkind: Workspce\nmetadata: { name: x }\n',
        /there is no Workspce of kaito\.sh\/v1beta1 in this cluster; did you mean Workspace\?/,
      ],
      ['something without a name', 'apiVersion: v1\nkind: Pod\n', /no metadata\.name/],
    ] as const) {
      it(`says what is wrong with ${title}`, async () => {
        const file = join(folder, 'other.yaml');
        await rm(file, { force: true });
        if (text !== undefined) await writeFile(file, text);
        const run = new Running(['--once', '--file', file]);
        expect(await run.ended).to.equal(1);
        expect(run.err)
          .to.match(message)
          .and.to.not.match(/\n {4}at /);
      });
    }
  });
});
