import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Running } from './support/command.js';

const KUBECTL = process.env.KUBECTL ?? 'kubectl';
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const manifest = join(root, 'examples', 'inference', 'kaito_workspace_phi_3.yaml');

interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

describe('a stock kubectl against the quick start', function () {
  this.timeout(120_000);
  let run: Running;
  let home: string;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    run = new Running(['--node-delay', '0']);
    const [, kubeconfig = ''] = await run.says(/export KUBECONFIG=(\S+)/);
    home = await mkdtemp(join(tmpdir(), 'kaito-kubectl-'));
    env = { ...process.env, KUBECONFIG: kubeconfig, HOME: home };
    const { code, err } = await kubectl('version');
    if (code !== 0) throw new Error(`no usable kubectl (set KUBECTL to one): ${err}`);
  });
  after(async () => {
    run.kill('SIGINT');
    await run.ended;
    await rm(home, { recursive: true, force: true });
  });

  const serving = () => run.family().filter(({ command }) => command.includes('inference-server'));

  function kubectl(...args: string[]): Promise<Answer> {
    return new Promise((resolve) => {
      execFile(KUBECTL, args, { env }, (error, out, err) => {
        resolve({
          code: error ? (typeof error.code === 'number' ? error.code : 127) : 0,
          out,
          err: error && !err ? error.message : err,
        });
      });
    });
  }

  async function ok(...args: string[]): Promise<string> {
    const { code, out, err } = await kubectl(...args);
    expect(code, `kubectl ${args.join(' ')}: ${err}`).to.equal(0);
    return out;
  }

  async function apply(name: string, text: string): Promise<Answer> {
    const file = join(home, `${name}.yaml`);
    await writeFile(file, text);
    return kubectl('apply', '-f', file);
  }

  it('finds the model running as a process of its own', () => {
    expect(serving()).to.have.length(1);
  });

  it('says of a misspelt kind that there is none, and does not blame the server', async () => {
    const { code, err } = await apply(
      'misspelt',
      'apiVersion: kaito.sh/v1beta1\nkind: Workspce\nmetadata: { name: x }\n',
    );
    expect(code).to.equal(1);
    expect(err).to.match(/no matches for kind "Workspce" in version "kaito\.sh\/v1beta1"/);
  });

  it('gets the Workspace with the columns of the design', async () => {
    const [head, row] = (await ok('get', 'workspace')).split('\n');
    expect(head).to.match(/^NAME +INSTANCE +RESOURCEREADY +INFERENCEREADY +WORKSPACEREADY +AGE *$/);
    expect(row).to.match(/^workspace-phi-3-mini +Standard_NC6s_v3 +True +True +True +\d+s/);
    expect((await ok('get', 'wk', '-o', 'wide')).split('\n')[0]).to.match(/STATE/);
  });

  it('gets the Service, nodes, claims, Deployment and pods', async () => {
    expect(await ok('get', 'svc', 'workspace-phi-3-mini')).to.match(/ClusterIP +10\.\S+ +<none> +80\/TCP,29500\/TCP/);
    const all = await ok('get', 'nodeclaims,nodes,deploy,pods');
    expect(all).to.match(/nodeclaim\.karpenter\.sh\/ws[0-9a-f]{9} +Standard_NC6s_v3/);
    expect(all).to.match(/node\/\S+ +Ready/);
    expect(all).to.match(/deployment\.apps\/workspace-phi-3-mini +1\/1/);
    expect(all).to.match(/pod\/workspace-phi-3-mini-\S+ +1\/1 +Running/);
  });

  it('has the wide columns, by both short names of KAITO', async () => {
    const wide =
      /^NAME +INSTANCE +RESOURCEREADY +INFERENCEREADY +WORKSPACEREADY +AGE +JOBSTARTED +WORKSPACESUCCEEDED +NODES +STATE +PRICE *$/;
    for (const name of ['wk', 'wks']) expect((await ok('get', name, '-o', 'wide')).split('\n')[0]).to.match(wide);
  });

  it('describes it, with its events', async () => {
    const text = await ok('describe', 'workspace', 'workspace-phi-3-mini');
    expect(text).to.match(/Reason: +workspaceReady/);
    expect(text).to.match(
      /Normal +NodeClaimCreated .* kaito-sdk +Asked for node ws[0-9a-f]{9}: Standard_NC6s_v3, \$3\.06\/hour/,
    );
  });

  it('explains every field of a resource, down to a list', async () => {
    const text = await ok('explain', 'workspace.resource');
    expect(text).to.match(/instanceType\t<string>\n +Size of the machines/);
    expect(text).to.not.include('<no description>');
    expect(await ok('explain', 'wk.resource.alternatives.capacityType')).to.match(/ENUM:\n +on-demand\n +spot/);
  });

  it('reads the log of the model, which says that it is a stand-in', async () => {
    expect(await ok('logs', 'deploy/workspace-phi-3-mini')).to.match(/stand-in/);
  });

  it('applies the same manifest again without a change', async () => {
    await ok('apply', '-f', manifest);
    expect(await ok('apply', '-f', manifest)).to.match(/unchanged/);
  });

  it('watches', async () => {
    const child = spawn(KUBECTL, ['get', 'workspace', '-w', '--output-watch-events'], { env });
    try {
      let out = '';
      child.stdout.setEncoding('utf8').on('data', (text) => {
        out += text;
      });
      // kubectl writes an event's word and its row in two writes, so only the whole line counts.
      const shows = async (line: RegExp) => {
        while (!line.test(out)) await once(child.stdout, 'data');
      };
      await shows(/ADDED +workspace-phi-3-mini/);
      await ok('label', 'workspace', 'workspace-phi-3-mini', 'seen=yes', '--overwrite');
      await shows(/MODIFIED +workspace-phi-3-mini/);
    } finally {
      child.kill();
    }
  });

  describe('with a change', () => {
    const phi = 'workspace-phi-3-mini';
    const model = () => ok('get', 'workspace', phi, '-o', 'jsonpath={.status.plan.model.preset}');
    const finalizers = () => ok('get', 'workspace', phi, '-o', 'jsonpath={.metadata.finalizers}');

    /** As a user with an editor: the words of the file are changed by a script of sed. */
    async function edit(script: string): Promise<Answer> {
      const file = join(home, 'edit.sed');
      await writeFile(file, `${script}\n`);
      env.EDITOR = `sed -i -f ${file}`;
      return kubectl('edit', 'workspace', phi);
    }

    async function until(condition: () => Promise<boolean>): Promise<void> {
      for (let tries = 0; !(await condition()); tries++) {
        if (tries === 300) throw new Error('it has not come about');
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }

    it('by an editor, rolls it out and says nothing beside that', async () => {
      const { code, out, err } = await edit('s/phi-3-mini-4k-instruct$/phi-3-mini-128k-instruct/');
      expect([code, err]).to.deep.equal([0, '']);
      expect(out).to.equal(`workspace.kaito.sh/${phi} edited\n`);
      await until(async () => (await model()) === 'phi-3-mini-128k-instruct');
      await ok('wait', `workspace/${phi}`, '--for=condition=WorkspaceReady', '--timeout=60s');
    });

    it('by an editor, refuses what cannot be and changes nothing', async () => {
      const wrong = await edit('s/^resource:$/resource:\\n  priceLimit: -1/');
      expect(wrong.code).to.equal(1);
      expect(wrong.err).to.match(/is invalid/);
      const misspelt = await edit('s/^  instanceType:/  instanceTyp:/');
      expect(misspelt.code).to.equal(1);
      expect(misspelt.err).to.match(/unknown field "resource\.instanceTyp"/);
      expect(await model()).to.equal('phi-3-mini-128k-instruct');
    });

    it('shows by diff what the manifest would change', async () => {
      const { code, out } = await kubectl('diff', '-f', manifest);
      expect(code).to.equal(1);
      expect(out).to.match(/- {4}name: phi-3-mini-128k-instruct\n\+ {4}name: phi-3-mini-4k-instruct/);
    });

    it('goes back to a revision, as the serving guide says', async () => {
      const revisions = await ok(
        ...['get', 'controllerrevisions', '-l', `workspace.kaito.io/name=${phi}`],
        ...['--sort-by=.revision', '-o', 'jsonpath={.items[*].metadata.name}'],
      );
      const [first = '', second] = revisions.split(' ');
      expect(second).to.not.equal(undefined);
      const data = await ok('get', 'controllerrevision', first, '-o', 'jsonpath={.data}');
      await ok('patch', 'workspace', phi, '--type', 'merge', '--patch', data);
      await until(async () => (await model()) === 'phi-3-mini-4k-instruct');
      await ok('wait', `workspace/${phi}`, '--for=condition=WorkspaceReady', '--timeout=60s');
    });

    it('by replace, keeps the finalizer that gives its nodes back', async () => {
      await ok('replace', '-f', manifest);
      await until(async () => (await finalizers()) === '["workspace.finalizer.kaito.sh"]');
      const node = await ok('get', 'nodeclaims', '-o', 'name');
      expect(node.trim().split('\n'), 'no other node for it').to.have.length(1);
    });

    it('is refused where two writers disagree, and taken by force', async () => {
      const file = join(home, 'count.yaml');
      const object =
        'apiVersion: kaito.sh/v1beta1\nkind: Workspace\nmetadata: { name: NAME }\nresource: { count: 1, priceLimit: LIMIT }\n';
      const write = async (limit: number, ...more: string[]): Promise<Answer> => {
        await writeFile(file, object.replace('NAME', phi).replace('LIMIT', `${limit}`));
        return kubectl('apply', '--server-side', ...more, '-f', file);
      };
      expect(await write(50, '--field-manager=one')).to.include({ code: 0 });
      const second = await write(60, '--field-manager=two');
      expect(second.code).to.equal(1);
      expect(second.err).to.match(/conflict with "one".*\.resource\.priceLimit/s);
      expect(await write(60, '--field-manager=two', '--force-conflicts')).to.include({ code: 0, err: '' });
    });
  });

  const workspace = (name: string, rest: string) => `apiVersion: kaito.sh/v1alpha1
kind: Workspace
metadata: { name: ${name} }
${rest}
`;
  const resource = 'resource: { instanceType: Standard_NC6s_v3, labelSelector: { matchLabels: { apps: x } } }';
  const inference = 'inference: { preset: { name: phi-3-mini-4k-instruct } }';
  const tuning =
    'tuning: { preset: { name: phi-3-mini-4k-instruct }, method: qlora, input: { urls: ["https://data.example/x.parquet"] }, output: { image: "registry.example/out:1", imagePushSecret: push } }';

  for (const [title, name, rest, message] of [
    [
      'both inference and tuning',
      'both',
      `${resource}\n${inference}\n${tuning}`,
      /inference.*tuning|tuning.*inference/,
    ],
    ['neither', 'neither', resource, /inference.*tuning/],
    ['a count of zero', 'zero', `${resource.replace('{ inst', '{ count: 0, inst')}\n${inference}`, /resource\.count/],
  ] as const) {
    it(`is refused at once for ${title}`, async () => {
      const { code, err } = await apply(name, workspace(name, rest));
      expect(code).to.not.equal(0);
      expect(err).to.match(message);
    });
  }

  for (const [title, name, rest, message] of [
    [
      'an unknown instance type',
      'unknown-type',
      `${resource.replace('NC6s_v3', 'NC6s_v4')}\n${inference}`,
      /resource\.instanceType: .*Standard_NC6s_v3/,
    ],
    [
      'an unknown preset',
      'unknown-preset',
      `${resource}\n${inference.replace('-instruct', '')}`,
      /inference\.preset\.name: .*phi-3-mini-4k-instruct/,
    ],
    [
      'a model that does not fit',
      'too-small',
      `${resource.replace('NC6s_v3', 'NV12s_v3')}\n${inference}`,
      /resource\.instanceType: .*Standard_/,
    ],
  ] as const) {
    it(`reads one clear sentence in the condition for ${title}, and no node is claimed`, async () => {
      const before = await ok('get', 'nodeclaims', '-o', 'name');
      expect((await apply(name, workspace(name, rest))).code).to.equal(0);
      await ok('wait', `workspace/${name}`, '--for=condition=Planned=False', '--timeout=20s');
      const text = await ok(
        'get',
        'workspace',
        name,
        '-o',
        'jsonpath={.status.conditions[?(@.type=="Planned")].message}',
      );
      expect(text).to.match(message);
      expect(await ok('get', 'nodeclaims', '-o', 'name')).to.equal(before);
      await ok('delete', 'workspace', name, '--timeout=20s');
    });
  }

  it('deletes the Workspace, and no claim, node, pod or process is left', async () => {
    await ok('delete', 'workspace', 'workspace-phi-3-mini', '--timeout=60s');
    for (let tries = 0; tries < 50; tries++) {
      if ((await ok('get', 'nodeclaims,nodes,deploy,pods', '-o', 'name')) === '' && serving().length === 0) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(await ok('get', 'nodeclaims,nodes,deploy,pods', '-o', 'name')).to.equal('');
    expect(serving()).to.deep.equal([]);
  });

  it('brings it up again from the manifest', async () => {
    await ok('apply', '-f', manifest);
    await ok('wait', 'workspace/workspace-phi-3-mini', '--for=condition=WorkspaceReady', '--timeout=60s');
  });
});
