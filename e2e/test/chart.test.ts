import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type KubeObject, NODES, PODS, type ResourceKind, WORKSPACES } from '@kaito-sdk/core';
import { type PolicyRule, unusedRules } from '@kaito-sdk/core/testing';
import { MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS } from '@kaito-sdk/operator';
import { NODE_CLAIMS } from '@kaito-sdk/provider-karpenter';
import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { ControlPlane } from '../dist/control-plane.js';
import { eventually } from '../dist/eventually.js';
import { freePorts } from '../dist/free-ports.js';
import { CHART, HelmRelease } from '../dist/helm-release.js';
import { Karpenter } from '../dist/karpenter.js';
import { OperatorProcess } from '../dist/operator-process.js';

const quickStart = fileURLToPath(new URL('../../examples/inference/kaito_workspace_phi_3.yaml', import.meta.url));
const NAME = 'workspace-phi-3-mini';
const NAMESPACE = 'kaito-system';
const WEBHOOK = 'kaito-webhook';
const USER = `system:serviceaccount:${NAMESPACE}:kaito`;

const every = (verbs: string, resource: string, why: string): Record<string, string> =>
  Object.fromEntries(verbs.split(' ').map((verb) => [`${verb} ${resource}`, why]));

/**
 * What the chart grants and this file has no use for, each with the work that needs it. A right that is neither used here nor listed is one
 * too many.
 */
const NEEDED_ELSEWHERE: Readonly<Record<string, string>> = {
  ...every('get create patch delete', 'configmaps.', 'runtimes that render one: vllm, tuning'),
  ...every('get create patch delete', 'statefulsets.apps', 'a model on several nodes'),
  ...every('get create patch delete', 'jobs.batch', 'tuning'),
  ...every('get', 'pods/log.', 'the progress of a tuning'),
  ...every('delete', 'controllerrevisions.apps', 'more changes than are remembered'),
  ...every('get patch', 'events.events.k8s.io', 'an event that happens again'),
  ...every('get', 'workspaces.kaito.sh', 'a lost race over finalizers; the hunt for leaks'),
  ...every('get', 'nodeclaims.karpenter.sh', 'a claim that the watch has not shown yet'),
  ...every('list', 'daemonsets.apps', 'GPUs that do not show up in time'),
  ...every('patch', 'nodes.', 'a node that is there already and that a Workspace prefers'),
};

describe('the Helm chart on a real control plane', function () {
  this.timeout(900_000);
  let plane: ControlPlane;
  let karpenter: Karpenter;
  let release: HelmRelease;
  let operator: OperatorProcess | undefined;
  let values: object;
  let httpPort: number;

  before(async () => {
    plane = await ControlPlane.start({
      controllerManager: true,
      scheduler: true,
      audit: true,
      admission: ['OwnerReferencesPermissionEnforcement'],
    });
    karpenter = await Karpenter.start(plane);
    await karpenter.nodeClass('default');
    release = new HelmRelease(plane, NAMESPACE);
    const [http = 0, webhook = 0] = await freePorts(2);
    httpPort = http;
    values = {
      // The operator runs as a process of this test, where the API server can reach it.
      replicas: 0,
      webhooks: { port: webhook },
      config: {
        http: { port: http, host: '127.0.0.1' },
        webhooks: { host: '127.0.0.1' },
        defaults: { priceLimit: 50 },
        config: { '@kaito-sdk/provider-karpenter': { retired: 'warn', profile: 'kwok' } },
      },
    };
  });
  after(async () => {
    await operator?.stop();
    await release?.stop();
    await karpenter?.stop();
    await plane?.stop();
  });

  const said = async (args: readonly string[], stdin?: string): Promise<string> => {
    const { code, out, err } = await plane.kubectl(args, stdin);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${err}`);
    return out;
  };
  const rendered = async (more: object = {}): Promise<KubeObject[]> =>
    objects(await release.said(['template', 'kaito', CHART], more));
  const only = async (resource: ResourceKind): Promise<KubeObject> => {
    const { items } = await plane.client.list(resource, resource.namespaced ? { namespace: 'default' } : {});
    expect(
      items.map(({ metadata }) => metadata.name),
      resource.plural,
    ).to.have.length(1);
    return items[0] as KubeObject;
  };
  const uids = async (): Promise<(string | undefined)[]> =>
    (await Promise.all([PODS, NODES, NODE_CLAIMS].map(only))).map(({ metadata }) => metadata.uid);
  const bundles = async (): Promise<(string | undefined)[]> =>
    Promise.all(
      [VALIDATING_WEBHOOKS, MUTATING_WEBHOOKS].map(async (kind) => {
        const live = (await plane.client.get(kind, undefined, WEBHOOK)) as unknown as WebhookConfiguration;
        return live.webhooks[0]?.clientConfig.caBundle;
      }),
    );
  const certificate = (): Promise<string> =>
    said(['-n', NAMESPACE, 'get', 'secret', `${WEBHOOK}-certificate`, '-o', 'jsonpath={.data}']);
  const ready = async (name = NAME): Promise<void> => {
    await eventually(async () => {
      const live = await plane.client.get(WORKSPACES, 'default', name);
      const { conditions = [] } = (live?.status ?? {}) as { conditions?: { type: string; status: string }[] };
      const found = conditions.find(({ type }) => type === 'WorkspaceReady');
      expect(found, operator?.log().split('\n').slice(-5).join('\n')).to.include({ status: 'True' });
    });
  };
  const workspace = (name: string, more: object = {}): string =>
    JSON.stringify({
      apiVersion: 'kaito.sh/v1beta1',
      kind: 'Workspace',
      metadata: { name, namespace: 'default' },
      resource: { instanceType: 'Standard_NC6s_v3', labelSelector: { matchLabels: { apps: name } } },
      inference: { preset: { name: 'phi-3-mini-4k-instruct' } },
      ...more,
    });

  describe('before it is installed', () => {
    it('passes helm lint, strictly', async () => {
      expect(await release.said(['lint', CHART, '--strict'])).to.include('1 chart(s) linted, 0 chart(s) failed');
    });

    it('refuses values that do not exist, the operator’s configuration included', async () => {
      for (const [wrong, message] of [
        [{ replica: 2 }, /replica/],
        [{ replicas: 'two' }, /replicas/],
        [{ webhooks: { failurePolicy: 'ignore' } }, /failurePolicy/],
        [{ config: { webhooks: { prt: 1 } } }, /prt/],
        [{ config: { leases: { launchMs: 0 } } }, /launchMs/],
        [{ registry: 'https://mirror.example.com' }, /registry/],
        [{ fullnameOverride: 'Bad_Name' }, /fullnameOverride/],
        [{ config: { leaderElection: false } }, /replicas is 2: each would buy nodes .* Set replicas to 1/],
        [{ webhooks: { certificates: 'files' } }, /name the Secret .* in webhooks\.secretName/],
        [{ config: { http: { port: 9443 } } }, /config\.http\.port and webhooks\.port are both 9443/],
      ] as const) {
        const { code, err } = await release.run(['template', 'kaito', CHART], wrong);
        expect(code, JSON.stringify(wrong)).to.equal(1);
        expect(err).to.match(message);
      }
    });

    it('has one operator at a time, also while it is replaced, where none is elected', async () => {
      const all = await rendered({ replicas: 1, config: { leaderElection: false } });
      const { spec } = all.find(({ kind }) => kind === 'Deployment') as { spec?: object } & KubeObject;
      expect(spec).to.deep.include({ replicas: 1, strategy: { type: 'Recreate' } });
    });

    it('takes every image from one registry, those of the runtimes included', async () => {
      const all = await rendered({ registry: 'mirror.example.com:5000/kaito' });
      const images = all.flatMap((object) =>
        [...JSON.stringify(object).matchAll(/"image":"([^"]+)"/g)].map(([, image]) => image),
      );
      expect(images).to.deep.equal([
        'mirror.example.com:5000/kaito/nvidia/k8s-device-plugin:v0.17.1',
        'mirror.example.com:5000/kaito/kaito-sdk/operator:0.1.0',
      ]);
      const config = JSON.stringify(all.find(({ kind }) => kind === 'ConfigMap')?.data);
      expect(config.match(/registry: mirror\.example\.com:5000\/kaito/g)).to.have.length(2);
    });

    it('has no CustomResourceDefinition of anybody else, and keeps its own when it goes', async () => {
      const crds = (await rendered()).filter(({ kind }) => kind === 'CustomResourceDefinition');
      expect(crds.map(({ metadata }) => metadata.name)).to.deep.equal(['workspaces.kaito.sh']);
      for (const { metadata } of crds) expect(metadata.annotations).to.include({ 'helm.sh/resource-policy': 'keep' });
      expect((await rendered({ crds: { install: false } })).map(({ kind }) => kind)).not.to.include(
        'CustomResourceDefinition',
      );
    });

    it('is taken by the API server in every mode', async () => {
      await said(['create', 'namespace', NAMESPACE]);
      // Nobody's operator: only the shape that every object has is checked of these two.
      await said(
        ['apply', '-f', '-'],
        JSON.stringify({ apiVersion: 'v1', kind: 'List', items: FOREIGN.map(foreignCrd) }),
      );
      await said(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
      for (const mode of [
        {},
        {
          serviceMonitor: { enabled: true },
          networkPolicy: { metricsFrom: [{ namespaceSelector: {} }], egress: [{}] },
        },
        { webhooks: { certificates: 'cert-manager' } },
        { webhooks: { certificates: 'files', secretName: 'mine', caBundle: 'eA==' } },
        { webhooks: { enabled: false }, config: { http: { enabled: false }, leaderElection: false }, replicas: 1 },
        { config: { provisioner: 'byo' }, devicePlugin: { mode: 'gpu-operator' }, replicas: 1 },
        { config: { provisioner: 'aks' }, devicePlugin: { mode: 'aks-managed' }, env: [{ name: 'A', value: 'b' }] },
        {
          image: { digest: `sha256:${'a'.repeat(64)}` },
          nodeSelector: { a: 'b' },
          tolerations: [{ operator: 'Exists' }],
        },
        ...guide(),
        { rbac: { extraRules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }] }, priorityClassName: 'x' },
      ]) {
        const manifest = await release.said(['template', 'kaito', CHART], mode);
        const applied = await plane.kubectl(
          ['apply', '--dry-run=server', '--validate=strict', '-n', NAMESPACE, '-f', '-'],
          manifest,
        );
        // An unknown priority class is refused for pods only.
        expect(applied.err, JSON.stringify(mode)).to.equal('');
        expect(applied.code).to.equal(0);
      }
    });

    it('brings no device plugin where one is found, or another way is named', async () => {
      const daemonSets = async (more: object): Promise<number> => {
        const shown = await release.said(['install', 'kaito', CHART, '--dry-run=server', '--hide-notes'], more);
        return [...shown.matchAll(/^kind: DaemonSet$/gm)].length;
      };
      expect(await daemonSets({})).to.equal(1);
      await said(['apply', '-f', '-'], JSON.stringify(foreignDevicePlugin));
      expect(await daemonSets({})).to.equal(0);
      expect(await daemonSets({ devicePlugin: { mode: 'install' } })).to.equal(1);
      await said(['delete', 'daemonset', 'theirs', '-n', 'default']);
      for (const mode of ['none', 'aks-managed', 'gpu-operator'])
        expect(await daemonSets({ devicePlugin: { mode } })).to.equal(0);
    });
  });

  describe('installed, with the operator under its service account', () => {
    before(async () => {
      await release.said(['install', 'kaito', CHART], values);
      // The way that the API server takes to a webhook: by the Service, whose name the certificate must carry.
      const external = { spec: { type: 'ExternalName', externalName: 'localhost', clusterIP: null, clusterIPs: null } };
      await said(['-n', NAMESPACE, 'patch', 'service', WEBHOOK, '--type=merge', '-p', JSON.stringify(external)]);
      operator = await OperatorProcess.start(plane, {
        namespace: NAMESPACE,
        serviceAccount: 'kaito',
        configMap: 'kaito',
        httpPort,
      });
      await eventually(async () => expect(await bundles()).not.to.include(undefined));
    });

    it('makes the quick-start manifest ready on its node', async () => {
      expect((await plane.kubectl(['apply', '-f', quickStart])).err).to.equal('');
      await ready();
      const [pod, node] = await Promise.all([PODS, NODES].map(only));
      expect(pod?.spec).to.include({ nodeName: node?.metadata.name });
    });

    it('has its device plugin on that node, and on no other', async () => {
      await eventually(async () => {
        const [line, ...more] = (
          await said(['-n', NAMESPACE, 'get', 'pods', '-o', 'jsonpath={range .items[*]}{.spec.nodeName}{"\\n"}{end}'])
        )
          .trim()
          .split('\n');
        expect([line, more]).to.deep.equal([(await only(NODES)).metadata.name, []]);
      });
    });

    it('wrote the default of the installation into the Workspace', async () => {
      expect((await plane.client.get(WORKSPACES, 'default', NAME))?.resource).to.include({ priceLimit: 50 });
    });

    it('refuses at once what no schema can refuse, in words that say what to do', async () => {
      const resource = { instanceType: 'x', labelSelector: { matchLabels: { 'kaito.sh/workspace': 'x' } } };
      const { code, err } = await plane.kubectl(['apply', '-f', '-'], workspace('reserved', { resource }));
      expect(code).to.equal(1);
      expect(err).to.match(/^The Workspace "reserved" is invalid: .*resource\.labelSelector/s);
    });

    it('warns of what the planner knows to fail, and stores it', async () => {
      const resource = { instanceType: 'Standard_NC6s_v4', labelSelector: { matchLabels: { apps: 'x' } } };
      const { code, err } = await plane.kubectl(['apply', '-f', '-'], workspace('doubtful', { resource }));
      expect(err).to.match(/^Warning: nothing will be started: .*Standard_NC6s_v4/);
      expect(code).to.equal(0);
      await said(['delete', 'workspace', 'doubtful']);
    });

    it('blocks nobody while no operator answers, and judges what came in when one is back', async () => {
      const before = await certificate();
      await operator?.kill();
      const resource = { instanceType: 'x', labelSelector: { matchLabels: { 'kaito.sh/workspace': 'x' } } };
      expect((await plane.kubectl(['apply', '-f', '-'], workspace('unseen', { resource }))).err).to.equal('');
      await operator?.restart();
      await eventually(async () => {
        const live = await plane.client.get(WORKSPACES, 'default', 'unseen');
        expect(JSON.stringify(live?.status)).to.include('"type":"Planned"').and.to.include('resource.labelSelector');
      });
      await said(['delete', 'workspace', 'unseen', '--wait']);
      expect(await certificate(), 'a restart makes no new certificate').to.equal(before);
    });

    it('publishes its authority again when somebody takes it away', async () => {
      const published = await bundles();
      const without = JSON.stringify([{ op: 'remove', path: '/webhooks/0/clientConfig/caBundle' }]);
      await said(['patch', 'validatingwebhookconfiguration', WEBHOOK, '--type=json', '-p', without]);
      expect((await bundles())[0]).to.equal(undefined);
      await operator?.kill();
      await operator?.restart();
      await eventually(async () => expect(await bundles()).to.deep.equal(published));
    });

    it('restarts no pod and loses no certificate when the chart is upgraded', async () => {
      const [before, trusted, kept] = [await uids(), await bundles(), await certificate()];
      const plugin = await said(['-n', NAMESPACE, 'get', 'pods', '-o', 'jsonpath={.items[*].metadata.uid}']);
      const more = { ...values, commonLabels: { team: 'ml' }, resources: { limits: { memory: '1Gi' } } };
      await release.said(['upgrade', 'kaito', CHART], more);
      expect(await release.said(['history', 'kaito'])).to.match(/^2\s.*deployed/m);
      await operator?.kill();
      await operator?.restart();
      await ready();
      expect(await uids()).to.deep.equal(before);
      expect(await said(['-n', NAMESPACE, 'get', 'pods', '-o', 'jsonpath={.items[*].metadata.uid}'])).to.equal(plugin);
      expect(await bundles()).to.deep.equal(trusted);
      expect(await certificate()).to.equal(kept);
    });

    for (const [kind, field, wrong] of [
      ['service', 'selector', { 'kaito.sh/workspace': 'another' }],
      ['deployment', 'replicas', 3],
    ] as const) {
      it(`puts back what somebody changes of the ${kind} that it made`, async () => {
        const now = () => said(['get', kind, NAME, '-o', `jsonpath={.spec.${field}}`]);
        const before = await now();
        const patch = JSON.stringify({ spec: { [field]: wrong } });
        const changed = await said(['patch', kind, NAME, '--type=merge', '-p', patch]);
        expect(changed).to.match(/patched$/m);
        await eventually(async () => expect(await now()).to.equal(before));
      });
    }

    it('gives a node back when its Workspace goes', async () => {
      await said(['apply', '-f', '-'], workspace('second', { metadata: { name: 'second', namespace: 'default' } }));
      await ready('second');
      await said(['delete', 'workspace', 'second', '--wait']);
      await eventually(async () => {
        const [node, ...more] = (await plane.client.list(NODES)).items;
        expect(more, JSON.stringify(more)).to.deep.equal([]);
        expect(node?.metadata.labels).to.include({ 'kaito.sh/workspace': NAME });
      });
    });

    it('has no right that is missing, and none that nothing needs', async () => {
      const asked = plane.requests().filter(({ user }) => user === USER);
      expect(asked.filter(({ status }) => status === 403)).to.deep.equal([]);
      const roles = objects(await release.said(['get', 'manifest', 'kaito']));
      // Owning is judged inside of other requests, which the plugin that this server runs with refuses without that right.
      const idle = rightsOf(unusedRules(roles, asked)).filter((right) => !right.endsWith('/finalizers.kaito.sh'));
      expect(
        idle.filter((right) => !(right in NEEDED_ELSEWHERE)),
        'granted and not used',
      ).to.deep.equal([]);
      const granted = rightsOf(unusedRules(roles, []));
      const stale = Object.keys(NEEDED_ELSEWHERE).filter((right) => !granted.includes(right));
      expect(stale, 'said to be needed elsewhere').to.deep.equal([]);
    });

    it('leaves nothing when it is uninstalled but what it says: Workspaces, their objects and nodes, and the definitions', async () => {
      const before = await uids();
      await operator?.stop();
      operator = undefined;
      await release.said(['uninstall', 'kaito', '--wait']);
      const kinds = (await said(['api-resources', '--verbs=list', '-o', 'name'])).trim().split('\n');
      const ours = await said(['get', kinds.join(','), '-A', '-l', 'app.kubernetes.io/instance=kaito', '-o', 'name']);
      expect(ours).to.equal('');
      const namespaced = (await said(['api-resources', '--verbs=list', '--namespaced', '-o', 'name']))
        .trim()
        .split('\n');
      const left = (
        await said([
          'get',
          namespaced.filter((kind) => !kind.startsWith('events')).join(','),
          '-n',
          NAMESPACE,
          '-o',
          'name',
        ])
      ).trim();
      expect(left).to.equal('');
      expect(await said(['get', 'crd', 'workspaces.kaito.sh', '-o', 'name'])).to.match(/workspaces\.kaito\.sh/);
      expect(await uids()).to.deep.equal(before);
    });

    it('takes over what was left when it is installed again', async () => {
      const before = await uids();
      await release.said(['install', 'kaito', CHART], { ...values, webhooks: { enabled: false } });
      operator = await OperatorProcess.start(plane, {
        namespace: NAMESPACE,
        serviceAccount: 'kaito',
        configMap: 'kaito',
        httpPort,
      });
      await ready();
      expect(await uids()).to.deep.equal(before);
      await said(['delete', 'workspaces', '--all', '--wait']);
      await eventually(async () => expect((await plane.client.list(NODES)).items).to.have.length(0));
    });
  });
});

/** Each as `verb resource.group`. */
function rightsOf(rules: readonly PolicyRule[]): readonly string[] {
  const all = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}.${group}`))),
  );
  return [...new Set(all)].sort();
}

interface WebhookConfiguration {
  readonly webhooks: readonly { readonly clientConfig: { readonly caBundle?: string } }[];
}

/** The values that the installation guide shows. */
function guide(): object[] {
  const text = readFileSync(new URL('../../docs/guides/install.md', import.meta.url), 'utf8');
  // Its Workspaces are no values.
  const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)]
    .map(([, yaml = '']) => parse(yaml) as object)
    .filter((block) => !('kind' in block));
  expect(blocks.length, 'examples in the guide').to.be.greaterThan(3);
  return blocks;
}

function objects(yaml: string): KubeObject[] {
  return parseAllDocuments(yaml)
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null);
}

const FOREIGN = [
  ['monitoring.coreos.com', 'ServiceMonitor', 'servicemonitors'],
  ['cert-manager.io', 'Certificate', 'certificates'],
  ['cert-manager.io', 'Issuer', 'issuers'],
] as const;

function foreignCrd([group, kind, plural]: (typeof FOREIGN)[number]): object {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
    },
    spec: {
      group,
      names: { kind, plural },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  };
}

const foreignDevicePlugin = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'theirs', namespace: 'default' },
  spec: {
    selector: { matchLabels: { app: 'theirs' } },
    template: {
      metadata: { labels: { app: 'theirs' } },
      spec: {
        nodeSelector: { nowhere: 'true' },
        containers: [{ name: 'plugin', image: 'theirs' }],
        volumes: [{ name: 'plugins', hostPath: { path: '/var/lib/kubelet/device-plugins/' } }],
      },
    },
  },
};
