import { WORKSPACES } from '@kaito-sdk/core';
import { expect } from 'chai';
import { ControlPlane } from '../dist/control-plane.js';
import { eventually } from '../dist/eventually.js';
import { freePorts } from '../dist/free-ports.js';
import { CHART, HelmRelease } from '../dist/helm-release.js';
import { OperatorProcess } from '../dist/operator-process.js';

const NAMESPACE = 'kaito-system';
/** May write Workspaces and nothing else. */
const AUTHOR = 'author';
/** May make pods as well. */
const MAKER = 'maker';
/** May make pods, in another namespace. */
const STRANGER = 'stranger';

const image = 'registry.example.com/team/image:1';
const preset = { name: 'phi-3-mini-4k-instruct' };
const volumeSource = { emptyDir: {} };
const tuning = {
  preset,
  method: 'lora',
  input: { urls: ['https://example.com/a'] },
  output: { image, imagePushSecret: 's' },
};

/** A node of one's own that the Workspace may have. */
const node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: {
    name: 'gpu-1',
    labels: { apps: 'undecodable', 'node.kubernetes.io/instance-type': 'Standard_NC4as_T4_v3' },
  },
};

describe('tenants on a real control plane, with the chart installed', function () {
  this.timeout(600_000);
  let plane: ControlPlane;
  let release: HelmRelease;
  let operator: OperatorProcess | undefined;

  before(async () => {
    plane = await ControlPlane.start();
    release = new HelmRelease(plane, NAMESPACE);
    const [http = 0] = await freePorts(1);
    // A webhook would say first what the policy is to say: it must hold without one.
    const config = { http: { port: http, host: '127.0.0.1' }, provisioner: 'byo' };
    await said(['create', 'namespace', NAMESPACE]);
    await said(['create', 'namespace', 'theirs']);
    await release.said(['install', 'kaito', CHART], { replicas: 0, webhooks: { enabled: false }, config });
    await said([
      'create',
      'clusterrole',
      'write-workspaces',
      '--verb=get,create,update,patch,delete',
      '--resource=workspaces.kaito.sh',
    ]);
    await said(['create', 'clusterrole', 'make-pods', '--verb=create', '--resource=pods']);
    for (const user of [AUTHOR, MAKER, STRANGER]) {
      await said(['create', 'rolebinding', `${user}-writes`, '--clusterrole=write-workspaces', `--user=${user}`]);
    }
    await said(['create', 'rolebinding', 'maker-makes', '--clusterrole=make-pods', `--user=${MAKER}`]);
    await said([
      'create',
      'rolebinding',
      'stranger-makes',
      '-n',
      'theirs',
      '--clusterrole=make-pods',
      `--user=${STRANGER}`,
    ]);
    operator = await OperatorProcess.start(plane, {
      namespace: NAMESPACE,
      serviceAccount: 'kaito',
      configMap: 'kaito',
      httpPort: http,
    });
    // The API server takes a moment to take a policy up.
    await eventually(async () => {
      const { err } = await applied(AUTHOR, 'probe', { inference: { template: {} } });
      expect(err, err).to.include('need the right to create pods');
    });
  });
  after(async () => {
    await operator?.stop();
    await release?.stop();
    await plane?.stop();
  });

  const said = async (args: readonly string[], stdin?: string): Promise<string> => {
    const { code, out, err } = await plane.kubectl(args, stdin);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${err}`);
    return out;
  };
  const workspace = (name: string, more: object, annotations: object = {}): string =>
    JSON.stringify({
      apiVersion: 'kaito.sh/v1beta1',
      kind: 'Workspace',
      metadata: { name, namespace: 'default', annotations },
      resource: { instanceType: 'Standard_NC4as_T4_v3', labelSelector: { matchLabels: { apps: name } } },
      ...more,
    });
  const applied = (user: string, name: string, more: object, annotations?: object) =>
    plane.kubectl(
      ['apply', '--server-side', '--force-conflicts', `--as=${user}`, '-f', '-'],
      workspace(name, more, annotations),
    );

  const own: readonly (readonly [what: string, more: object, annotations?: object])[] = [
    ['a pod template', { inference: { template: { spec: { containers: [{ name: 'a', image }] } } } }],
    ['a volume of training data', { tuning: { ...tuning, input: { volumeSource } } }],
    ['a volume of results', { tuning: { ...tuning, output: { volumeSource } } }],
    ['an adapter in a volume', { inference: { preset, adapters: [{ source: { name: 'a', volumeSource } }] } }],
    [
      'an adapter in an image, whose shell may be run',
      { inference: { preset, adapters: [{ source: { name: 'a', image } }] } },
    ],
    [
      'a model in an image, whose shell is run',
      { inference: { preset } },
      { 'kaito.sh/gguf': `image:${image}!a.gguf` },
    ],
  ];

  for (const [index, [what, more, annotations]] of own.entries()) {
    it(`takes ${what} only from one who may make pods in that namespace`, async () => {
      for (const user of [AUTHOR, STRANGER]) {
        const { code, err } = await applied(user, `own-${index}`, more, annotations);
        expect(code, err).to.equal(1);
        expect(err).to.match(/forbidden: ValidatingAdmissionPolicy 'kaito-pod-rights'/);
        expect(err).to.include(`the right to create pods in namespace default, which ${user} does not have`);
      }
      expect(await applied(MAKER, `own-${index}`, more, annotations)).to.include({ code: 0 });
    });
  }

  it('takes a preset from anybody who may write Workspaces, tuned or served', async () => {
    expect(await applied(AUTHOR, 'plain', { inference: { preset } })).to.include({ code: 0 });
    expect(await applied(AUTHOR, 'tuned', { tuning })).to.include({ code: 0 });
  });

  it('lets him change the rest of a Workspace that another gave a template, and never the template', async () => {
    const template = (tag: string) => ({
      inference: { template: { spec: { containers: [{ name: 'a', image: `${image}-${tag}` }] } } },
    });
    expect(await applied(MAKER, 'shared', template('1'))).to.include({ code: 0 });
    expect(await applied(AUTHOR, 'shared', template('1'), { note: 'mine' })).to.include({ code: 0 });
    const { code, err } = await applied(AUTHOR, 'shared', template('2'));
    expect(code, err).to.equal(1);
    expect(err, err).to.include('need the right to create pods');
    expect(await plane.kubectl(['delete', 'workspace', 'shared', `--as=${AUTHOR}`, '--wait=false'])).to.include({
      code: 0,
    });
  });

  it('takes the annotation for a load balancer only from one who may make Services', async () => {
    const annotations = { 'kaito.sh/enablelb': 'True' };
    const { code, err } = await applied(AUTHOR, 'outside', { inference: { preset } }, annotations);
    expect(code, err).to.equal(1);
    expect(err).to.include('author may not create Services in namespace default');
    expect(await applied('system:admin', 'outside', { inference: { preset } }, annotations)).to.include({ code: 1 });
    expect(
      await plane.kubectl(['apply', '-f', '-'], workspace('outside', { inference: { preset } }, annotations)),
    ).to.include({ code: 0 });
  });

  it('keeps the operator from nodes whatever its author may do: what reaches the node is refused in the status', async () => {
    const spec = { hostPID: true, containers: [{ name: 'a', image, securityContext: { privileged: true } }] };
    expect(await applied(MAKER, 'reaching', { inference: { template: { spec } } })).to.include({ code: 0 });
    await eventually(async () => {
      const status = JSON.stringify((await plane.client.get(WORKSPACES, 'default', 'reaching'))?.status);
      expect(status)
        .to.include('inference.template.spec.hostPID is forbidden')
        .and.to.include('securityContext.privileged');
    });
  });

  it('tells of a template that the server cannot decode, instead of trying it for ever', async () => {
    await said(['apply', '-f', '-'], JSON.stringify(node));
    const ready = {
      status: { allocatable: { 'nvidia.com/gpu': '1' }, conditions: [{ type: 'Ready', status: 'True' }] },
    };
    await said(['patch', 'node', 'gpu-1', '--subresource=status', '--type=merge', '-p', JSON.stringify(ready)]);
    const template = { metadata: { '': 0 }, spec: { containers: [{ name: 'a', image, nonsense: true }] } };
    expect(await applied(MAKER, 'undecodable', { inference: { template } })).to.include({ code: 0 });
    await eventually(async () => {
      const status = JSON.stringify(
        (await plane.client.get(WORKSPACES, 'default', 'undecodable'))?.status ?? operator?.log(),
      );
      expect(status, status)
        .to.include('WorkloadRefused')
        .and.to.include('unknown field \\"spec.template.spec.containers[0].nonsense\\"');
    });
  });

  it('serves everybody else while a Workspace is there that is nested as deeply as the server takes it', async () => {
    const depth = 9900;
    const deep = `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    const body = workspace('deep', { inference: { template: { spec: 'DEEP' } } }).replace('"DEEP"', deep);
    const created = await plane.transport.request({
      method: 'POST',
      path: '/apis/kaito.sh/v1beta1/namespaces/default/workspaces',
      headers: { 'content-type': 'application/json' },
      body,
    });
    for await (const _ of created.body);
    expect(created.status).to.equal(201);
    // A new process has to list it with all others.
    await operator?.kill();
    await operator?.restart();
    expect(await applied(AUTHOR, 'after', { inference: { preset } })).to.include({ code: 0 });
    await eventually(async () => {
      const planned = async (name: string) =>
        said(['get', 'workspace', name, '-o', 'jsonpath={.status.conditions[?(@.type=="Planned")].message}']);
      expect(await planned('after')).to.not.equal('');
      expect(await planned('deep')).to.match(/^the object is nested more than 64 levels deep/);
    });
    await said(['delete', 'workspace', 'deep', '--wait']);
  });
});
