import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject } from '@kaito-sdk/core';
import { configSchema, operatorConfig } from '@kaito-sdk/operator';
import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { CHART, HelmRelease } from '../dist/helm-release.js';

const NAMESPACE = 'kaito-system';
const DIGEST = `sha256:${'a'.repeat(64)}`;

/** A rendered object, looked into without further ado. */
// biome-ignore lint/suspicious/noExplicitAny: these tests say by what they expect what they take it for
type Rendered = any;
/** The first object of that kind, or `kind/name`; undefined where there is none. */
type Find = (what: string) => Rendered;

const pod = (find: Find): Rendered => find('Deployment').spec.template.spec;
const container = (find: Find): Rendered => pod(find).containers[0];
const plugin = (find: Find): Rendered => find('DaemonSet').spec.template.spec;
const webhook = (find: Find): Rendered => find('ValidatingWebhookConfiguration').webhooks[0];
const config = (find: Find): Rendered => parse(find('ConfigMap').data['kaito.yaml']);
const mayRead = (find: Find, resource: string): boolean =>
  find('ClusterRole').rules.some(({ resources }: { resources: string[] }) => resources.includes(resource));

/** A value of the chart set to another one, and where that shows. `values.yaml` says in words what these rows say. */
interface Row {
  readonly set: object;
  readonly shows: (find: Find) => unknown;
  readonly as: unknown;
}

const toleration = { key: 'mine', operator: 'Exists' };
const peers = [{ namespaceSelector: { matchLabels: { team: 'ml' } } }];
const rule = { apiGroups: ['acme.example'], resources: ['machines'], verbs: ['get'] };
const certManager = (more: object = {}): object => ({ webhooks: { certificates: 'cert-manager', ...more } });

/** One row a value, each by its path in values.yaml. */
const ROWS: Readonly<Record<string, Row>> = {
  registry: {
    set: { registry: 'mirror.example.com/kaito' },
    shows: (find) => [container(find).image, config(find).config?.['@kaito-sdk/runtime-inference'].registry],
    as: ['mirror.example.com/kaito/kaito-sdk/operator:0.1.0', 'mirror.example.com/kaito'],
  },
  imagePullSecrets: {
    set: { imagePullSecrets: [{ name: 'pull' }] },
    shows: (find) => [pod(find).imagePullSecrets, plugin(find).imagePullSecrets],
    as: [[{ name: 'pull' }], [{ name: 'pull' }]],
  },
  'image.repository': {
    set: { image: { repository: 'registry.example/mine' } },
    shows: (find) => container(find).image,
    as: 'registry.example/mine:0.1.0',
  },
  'image.tag': {
    set: { image: { tag: '9.9.9' } },
    shows: (find) => container(find).image,
    as: 'ghcr.io/kaito-sdk/operator:9.9.9',
  },
  'image.digest': {
    set: { image: { tag: '9.9.9', digest: DIGEST } },
    shows: (find) => container(find).image,
    as: `ghcr.io/kaito-sdk/operator@${DIGEST}`,
  },
  'image.pullPolicy': {
    set: { image: { pullPolicy: 'Always' } },
    shows: (find) => container(find).imagePullPolicy,
    as: 'Always',
  },
  config: {
    set: { config: { prePull: false } },
    shows: (find) => config(find).prePull,
    as: false,
  },
  files: {
    set: { files: { 'my-model.json': '{}' } },
    shows: (find) => find('ConfigMap').data['my-model.json'],
    as: '{}',
  },
  replicas: { set: { replicas: 3 }, shows: (find) => find('Deployment').spec.replicas, as: 3 },
  'crds.install': {
    set: { crds: { install: false } },
    shows: (find) => find('CustomResourceDefinition'),
    as: undefined,
  },
  'serviceAccount.create': {
    set: { serviceAccount: { create: false, name: 'theirs' } },
    shows: (find) => [find('ServiceAccount'), pod(find).serviceAccountName],
    as: [undefined, 'theirs'],
  },
  'serviceAccount.name': {
    set: { serviceAccount: { name: 'mine' } },
    shows: (find) => [
      find('ServiceAccount').metadata.name,
      pod(find).serviceAccountName,
      find('ClusterRoleBinding').subjects[0].name,
    ],
    as: ['mine', 'mine', 'mine'],
  },
  'serviceAccount.annotations': {
    set: { serviceAccount: { annotations: { 'azure.workload.identity/client-id': 'x' } } },
    shows: (find) => find('ServiceAccount').metadata.annotations,
    as: { 'azure.workload.identity/client-id': 'x' },
  },
  'rbac.create': {
    set: { rbac: { create: false } },
    shows: (find) => ['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'].map(find),
    as: [undefined, undefined, undefined, undefined],
  },
  'rbac.readSecrets': {
    set: { rbac: { readSecrets: false } },
    shows: (find) => mayRead(find, 'secrets'),
    as: false,
  },
  'rbac.extraRules': {
    set: { rbac: { extraRules: [rule] } },
    shows: (find) => find('ClusterRole').rules.at(-1),
    as: rule,
  },
  'podRights.enabled': {
    set: { podRights: { enabled: false } },
    shows: (find) => [find('ValidatingAdmissionPolicy'), find('ValidatingAdmissionPolicyBinding')],
    as: [undefined, undefined],
  },
  'webhooks.enabled': {
    set: { webhooks: { enabled: false } },
    shows: (find) => [
      find('ValidatingWebhookConfiguration'),
      find('MutatingWebhookConfiguration'),
      find('Service/kaito-webhook'),
      config(find).webhooks.enabled,
    ],
    as: [undefined, undefined, undefined, false],
  },
  'webhooks.port': {
    set: { webhooks: { port: 8443 } },
    shows: (find) => [
      config(find).webhooks.port,
      find('Service/kaito-webhook').spec.ports[0].port,
      webhook(find).clientConfig.service.port,
      container(find).ports[1].containerPort,
      find('NetworkPolicy').spec.ingress[0].ports[0].port,
    ],
    as: [8443, 8443, 8443, 8443, 8443],
  },
  'webhooks.failurePolicy': {
    set: { webhooks: { failurePolicy: 'Fail' } },
    shows: (find) => webhook(find).failurePolicy,
    as: 'Fail',
  },
  'webhooks.timeoutSeconds': {
    set: { webhooks: { timeoutSeconds: 9 } },
    shows: (find) => webhook(find).timeoutSeconds,
    as: 9,
  },
  'webhooks.certificates': {
    set: certManager(),
    shows: (find) => [
      find('Certificate')?.spec.issuerRef,
      find('Issuer')?.metadata.name,
      find('Secret'),
      config(find).webhooks.certificates,
    ],
    as: [{ kind: 'Issuer', name: 'kaito-webhook' }, 'kaito-webhook', undefined, 'files'],
  },
  'webhooks.secretName': {
    set: { webhooks: { secretName: 'mine' } },
    shows: (find) => [find('Secret').metadata.name, config(find).webhooks.secret],
    as: ['mine', 'mine'],
  },
  'webhooks.caBundle': {
    set: { webhooks: { certificates: 'files', secretName: 'mine', caBundle: 'eA==' } },
    shows: (find) => [webhook(find).clientConfig.caBundle, pod(find).volumes[1]?.secret.secretName],
    as: ['eA==', 'mine'],
  },
  'webhooks.certManager.issuerRef': {
    set: certManager({ certManager: { issuerRef: { kind: 'ClusterIssuer', name: 'ours' } } }),
    shows: (find) => [find('Certificate')?.spec.issuerRef, find('Issuer')],
    as: [{ kind: 'ClusterIssuer', name: 'ours' }, undefined],
  },
  'devicePlugin.mode': {
    set: { devicePlugin: { mode: 'none' } },
    shows: (find) => find('DaemonSet'),
    as: undefined,
  },
  'devicePlugin.image.repository': {
    set: { devicePlugin: { image: { repository: 'registry.example/plugin' } } },
    shows: (find) => plugin(find).containers[0].image,
    as: 'registry.example/plugin:v0.17.1',
  },
  'devicePlugin.image.tag': {
    set: { devicePlugin: { image: { tag: 'v9' } } },
    shows: (find) => plugin(find).containers[0].image,
    as: 'nvcr.io/nvidia/k8s-device-plugin:v9',
  },
  'devicePlugin.image.digest': {
    set: { devicePlugin: { image: { digest: DIGEST } } },
    shows: (find) => plugin(find).containers[0].image,
    as: `nvcr.io/nvidia/k8s-device-plugin@${DIGEST}`,
  },
  'devicePlugin.image.pullPolicy': {
    set: { devicePlugin: { image: { pullPolicy: 'Never' } } },
    shows: (find) => plugin(find).containers[0].imagePullPolicy,
    as: 'Never',
  },
  'devicePlugin.affinity': {
    set: { devicePlugin: { affinity: { nodeAffinity: null, podAffinity: {} } } },
    shows: (find) => plugin(find).affinity,
    as: { podAffinity: {} },
  },
  'devicePlugin.tolerations': {
    set: { devicePlugin: { tolerations: [toleration] } },
    shows: (find) => plugin(find).tolerations,
    as: [toleration],
  },
  'devicePlugin.priorityClassName': {
    set: { devicePlugin: { priorityClassName: 'mine' } },
    shows: (find) => plugin(find).priorityClassName,
    as: 'mine',
  },
  'devicePlugin.resources': {
    set: { devicePlugin: { resources: { limits: { memory: '64Mi' } } } },
    shows: (find) => plugin(find).containers[0].resources,
    as: { limits: { memory: '64Mi' } },
  },
  'podDisruptionBudget.enabled': {
    set: { podDisruptionBudget: { enabled: false } },
    shows: (find) => find('PodDisruptionBudget'),
    as: undefined,
  },
  'podDisruptionBudget.maxUnavailable': {
    set: { podDisruptionBudget: { maxUnavailable: '50%' } },
    shows: (find) => find('PodDisruptionBudget').spec.maxUnavailable,
    as: '50%',
  },
  'networkPolicy.enabled': {
    set: { networkPolicy: { enabled: false } },
    shows: (find) => find('NetworkPolicy'),
    as: undefined,
  },
  'networkPolicy.metricsFrom': {
    set: { networkPolicy: { metricsFrom: peers } },
    shows: (find) => find('NetworkPolicy').spec.ingress.map(({ from }: { from?: unknown }) => from),
    as: [undefined, peers],
  },
  'networkPolicy.egress': {
    set: { networkPolicy: { egress: [{ to: peers }] } },
    shows: (find) => [find('NetworkPolicy').spec.egress, find('NetworkPolicy').spec.policyTypes],
    as: [[{ to: peers }], ['Ingress', 'Egress']],
  },
  'serviceMonitor.enabled': {
    set: { serviceMonitor: { enabled: true } },
    shows: (find) => find('ServiceMonitor')?.spec.endpoints,
    as: [{ port: 'http', path: '/metrics', interval: '30s' }],
  },
  'serviceMonitor.interval': {
    set: { serviceMonitor: { enabled: true, interval: '5m' } },
    shows: (find) => find('ServiceMonitor')?.spec.endpoints[0].interval,
    as: '5m',
  },
  'serviceMonitor.labels': {
    set: { serviceMonitor: { enabled: true, labels: { release: 'prometheus' } } },
    shows: (find) => find('ServiceMonitor')?.metadata.labels.release,
    as: 'prometheus',
  },
  resources: {
    set: { resources: { limits: { memory: '1Gi' } } },
    shows: (find) => container(find).resources.limits.memory,
    as: '1Gi',
  },
  nodeSelector: {
    set: { nodeSelector: { pool: 'system' } },
    shows: (find) => pod(find).nodeSelector,
    as: { 'kubernetes.io/os': 'linux', pool: 'system' },
  },
  tolerations: {
    set: { tolerations: [toleration] },
    shows: (find) => pod(find).tolerations,
    as: [toleration],
  },
  affinity: {
    set: { affinity: { podAffinity: {} } },
    shows: (find) => pod(find).affinity,
    as: { podAffinity: {} },
  },
  priorityClassName: {
    set: { priorityClassName: 'mine' },
    shows: (find) => pod(find).priorityClassName,
    as: 'mine',
  },
  podAnnotations: {
    set: { podAnnotations: { a: 'b' } },
    shows: (find) => find('Deployment').spec.template.metadata.annotations.a,
    as: 'b',
  },
  podLabels: {
    set: { podLabels: { 'azure.workload.identity/use': 'true' } },
    shows: (find) => find('Deployment').spec.template.metadata.labels['azure.workload.identity/use'],
    as: 'true',
  },
  commonLabels: {
    set: { commonLabels: { team: 'ml' } },
    shows: (find) => ['Deployment', 'ConfigMap', 'ClusterRole'].map((kind) => find(kind).metadata.labels.team),
    as: ['ml', 'ml', 'ml'],
  },
  env: {
    set: { env: [{ name: 'AZURE_SUBSCRIPTION_ID', value: 'x' }] },
    shows: (find) => container(find).env,
    as: [{ name: 'AZURE_SUBSCRIPTION_ID', value: 'x' }],
  },
  nameOverride: {
    set: { nameOverride: 'other' },
    shows: (find) => [find('Deployment').metadata.name, find('Deployment').metadata.labels['app.kubernetes.io/name']],
    as: ['kaito-other', 'other'],
  },
  fullnameOverride: {
    set: { fullnameOverride: 'whole' },
    shows: (find) => [find('Deployment').metadata.name, config(find).webhooks.service],
    as: ['whole', 'whole-webhook'],
  },
};

/** What is refused before anything is installed, and the words by which a reader finds it. */
const REFUSED: readonly (readonly [wrong: object, message: RegExp])[] = [
  [{ registry: 'https://mirror.example.com' }, /'\/registry'/],
  [{ imagePullSecrets: ['pull'] }, /'\/imagePullSecrets\/0'/],
  [{ image: { repository: '' } }, /'\/image\/repository'/],
  [{ image: { digest: 'sha256:abc' } }, /'\/image\/digest'/],
  [{ image: { pullPolicy: 'always' } }, /'\/image\/pullPolicy'/],
  [{ config: { prePul: true } }, /prePul/],
  [{ files: { 'kaito.yaml': 'x' } }, /files: "kaito\.yaml" cannot be/],
  [{ files: { 'sub/model.json': 'x' } }, /files: "sub\/model\.json" cannot be/],
  [{ replicas: -1 }, /'\/replicas'/],
  [{ crds: { install: 'no' } }, /'\/crds\/install'/],
  [{ serviceAccount: { create: false } }, /serviceAccount\.name is needed/],
  [{ rbac: { readSecret: true } }, /readSecret/],
  [{ webhooks: { port: 0 } }, /'\/webhooks\/port'/],
  [{ webhooks: { failurePolicy: 'ignore' } }, /'\/webhooks\/failurePolicy'/],
  [{ webhooks: { timeoutSeconds: 31 } }, /'\/webhooks\/timeoutSeconds'/],
  [{ webhooks: { certificates: 'letsencrypt' } }, /'\/webhooks\/certificates'/],
  [{ webhooks: { caBundle: '-----BEGIN' } }, /'\/webhooks\/caBundle'/],
  [{ devicePlugin: { mode: 'off' } }, /'\/devicePlugin\/mode'/],
  [{ devicePlugin: { image: { tag: '' } } }, /devicePlugin\.image has neither tag nor digest/],
  [{ podDisruptionBudget: { maxUnavailable: 'one' } }, /'\/podDisruptionBudget\/maxUnavailable'/],
  [{ serviceMonitor: { interval: '30' } }, /'\/serviceMonitor\/interval'/],
  [{ serviceMonitor: { enabled: true }, config: { http: { enabled: false } } }, /there are no metrics to read/],
  [{ nodeSelector: { gpu: true } }, /'\/nodeSelector\/gpu'/],
  [{ podLabels: { a: 1 } }, /'\/podLabels\/a'/],
  [{ env: [{ value: 'x' }] }, /'\/env\/0'/],
  [{ fullnameOverride: 'Bad_Name' }, /'\/fullnameOverride'/],
  [{ config: { http: { port: 0 } } }, /config\.http\.port is 0: .* Name one/],
  [{ config: { webhooks: { enabled: false } } }, /config\.webhooks\.enabled is false and would not count/],
  [
    { config: { webhooks: { port: 1234 } } },
    /config\.webhooks\.port is 1234 and would not count: the chart makes it 9443/,
  ],
  [{ config: { namespace: 'elsewhere' } }, /config\.namespace is elsewhere and would not count/],
];

describe('the values of the chart', function () {
  this.timeout(600_000);
  let release: HelmRelease;
  let untouched: string;
  before(async () => {
    release = new HelmRelease(undefined, NAMESPACE);
    untouched = await release.said(['template', 'kaito', CHART]);
  });
  after(() => release?.stop());

  it('are all in the table below', () => {
    const values = parse(readFileSync(join(CHART, 'values.yaml'), 'utf8')) as object;
    expect(Object.keys(ROWS).sort()).to.deep.equal(pathsOf(values, '').sort());
  });

  for (const [path, { set, shows, as }] of Object.entries(ROWS)) {
    it(`${path} changes what is rendered, and leaves a configuration that the operator takes`, async () => {
      const all = objects(await release.said(['template', 'kaito', CHART], set));
      expect(shows(finder(all))).to.deep.equal(as);
      expect(shows(finder(objects(untouched))), 'as it is without').to.not.deep.equal(as);
      expect(() => operatorConfig(config(finder(all)), path)).to.not.throw();
    });
  }

  for (const [wrong, message] of REFUSED) {
    it(`cannot be ${JSON.stringify(wrong)}`, async () => {
      const { code, err } = await release.run(['template', 'kaito', CHART], wrong);
      expect(code).to.equal(1);
      expect(err).to.match(message);
    });
  }

  it('hand every setting of the operator on as it is', async () => {
    const price = { usdPerHour: 0.31, region: 'westeurope', asOf: '2026-10-01' };
    const given = {
      plugins: ['@kaito-sdk/provider-karpenter', '@kaito-sdk/presets-phi', '@kaito-sdk/runtime-inference'],
      config: { '@kaito-sdk/provider-karpenter': { profile: 'aws' } },
      provisioner: 'byo',
      defaults: { priceLimit: 4 },
      leases: { usdPerHour: 10, claimsPerNodeAndHour: 3 },
      prePull: false,
      nodeAccess: true,
      region: 'westeurope',
      planner: 'kaito',
      instanceTypes: [{ name: 'Standard_NC4as_T4_v3', price }],
      models: [{ name: 'mine', repository: 'org/mine', config: './mine.json' }],
      leaderElection: true,
      http: { port: 8081 },
      log: { level: 'debug' },
      tracing: { endpoint: 'http://collector:4318/v1/traces', ratio: 0.1 },
    };
    const { properties } = configSchema() as { readonly properties: object };
    // These two follow from the other values.
    const all = Object.keys(properties).filter((key) => !['namespace', 'webhooks'].includes(key));
    expect(Object.keys(given).sort()).to.deep.equal(all.sort());
    const find = finder(objects(await release.said(['template', 'kaito', CHART], { config: given })));
    const { namespace, webhooks, ...handed } = config(find);
    expect(handed).to.deep.equal(given);
    expect([namespace, webhooks.service]).to.deep.equal([NAMESPACE, 'kaito-webhook']);
    expect(() => operatorConfig(config(find), 'the chart')).to.not.throw();
  });

  it('make the service account that the guide to AKS has the identity trust', () => {
    const guide = readFileSync(new URL('../../docs/guides/aks.md', import.meta.url), 'utf8');
    const [, subject] = /--subject (\S+)/.exec(guide) ?? [];
    expect(subject).to.equal(
      `system:serviceaccount:${NAMESPACE}:${pod(finder(objects(untouched))).serviceAccountName}`,
    );
  });

  it('make new pods where a file beside the configuration changes, since the operator reads it at its start', async () => {
    const checksum = async (text: string): Promise<unknown> => {
      const find = finder(objects(await release.said(['template', 'kaito', CHART], { files: { 'm.json': text } })));
      return find('Deployment').spec.template.metadata.annotations['checksum/config'];
    };
    expect(await checksum('{"a":1}')).to.not.equal(await checksum('{"a":2}'));
  });
});

/** The values that are set by themselves, by their paths: maps that a template takes as a whole are one. */
function pathsOf(value: unknown, path: string): string[] {
  const whole = ['devicePlugin.affinity', 'resources', 'nodeSelector'].includes(path);
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (whole || !isMap || Object.keys(value).length === 0) return [path];
  return Object.entries(value).flatMap(([key, part]) => pathsOf(part, path === '' ? key : `${path}.${key}`));
}

function objects(yaml: string): readonly KubeObject[] {
  return parseAllDocuments(yaml)
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null);
}

function finder(all: readonly KubeObject[]): Find {
  return (what) => {
    const [kind, name] = what.split('/');
    return all.find((object) => object.kind === kind && (name === undefined || object.metadata.name === name));
  };
}
