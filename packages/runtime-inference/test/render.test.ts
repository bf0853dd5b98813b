import { readFileSync, writeFileSync } from 'node:fs';
import type { KubeObject, Plan } from '@kaito-sdk/core';
import { expect } from 'chai';
import { type Asked, aPlan, aWorkspace, presetImage, vllm } from './fixtures.js';

const runtimeOf = (decision: Plan) => (decision.runtime.name === 'vllm' ? vllm : presetImage);
const render = (asked: Asked = {}) => {
  const decision = aPlan(asked);
  return runtimeOf(decision).render(decision, aWorkspace(asked));
};
// Rendered objects are compared as the JSON that goes over the wire, which is what reading them back gives.
// biome-ignore lint/suspicious/noExplicitAny: reaching into an object of unknown depth is what these tests do
const find = (objects: readonly KubeObject[], kind: string): any => {
  const found = objects.find((object) => object.kind === kind);
  if (!found) throw new Error(`no ${kind} was rendered`);
  return JSON.parse(JSON.stringify(found));
};
const podOf = (asked: Asked = {}) => find(render(asked), 'Deployment').spec.template.spec;
const T4 = { instanceType: 'Standard_NC4as_T4_v3' };

/** Rewritten by `UPDATE_GOLDEN=1`; a change of them is a change of what runs in people's clusters, and is reviewed as one. */
function golden(name: string): URL {
  return new URL(`../test/golden/${name}.json`, import.meta.url);
}

describe('the rendered objects', () => {
  const stored: readonly (readonly [name: string, asked: Asked])[] = [
    ['phi-3-mini-4k-on-v100', {}],
    ['phi-3-mini-4k-on-t4', T4],
    ['phi-3-mini-128k-on-a100', { instanceType: 'Standard_NC24ads_A100_v4', preset: 'phi-3-mini-128k-instruct' }],
  ];
  for (const [name, asked] of stored) {
    it(`are those that are stored: ${name}`, () => {
      const rendered = JSON.parse(JSON.stringify(render(asked)));
      if (process.env.UPDATE_GOLDEN) writeFileSync(golden(name), `${JSON.stringify(rendered, null, 2)}\n`);
      expect(rendered).to.deep.equal(JSON.parse(readFileSync(golden(name), 'utf8')));
    });
  }

  it('are the same each time, in the same order and with the same keys', () => {
    expect(JSON.stringify(render(T4))).to.equal(JSON.stringify(render(T4)));
  });

  it('come in the order in which pods find what they refer to', () => {
    expect(render().map(({ kind }) => kind)).to.deep.equal(['Service', 'Deployment']);
    expect(render(T4).map(({ kind }) => kind)).to.deep.equal(['Service', 'ConfigMap', 'Deployment']);
  });

  it('come from the Plan and not from the Workspace, but for its annotations', () => {
    const decision = aPlan();
    const changed = aWorkspace({ instanceType: 'Other', preset: 'other', count: 9 });
    expect(presetImage.render(decision, changed)).to.deep.equal(presetImage.render(decision, aWorkspace()));
  });

  it('all lie in the namespace of the Workspace, carry its label, and leave the owner to whoever applies them', () => {
    for (const { metadata } of [...render(), ...render(T4)]) {
      expect(metadata.namespace).to.equal('default');
      expect(metadata.labels).to.deep.equal({ 'kaito.sh/workspace': 'workspace-phi-3-mini' });
      expect(metadata).not.to.have.property('ownerReferences');
    }
  });
});

describe('the Service', () => {
  it('is named as the Workspace and shows 80 and 29500', () => {
    const service = find(render(), 'Service');
    expect(service.metadata.name).to.equal('workspace-phi-3-mini');
    expect(service.spec.type).to.equal('ClusterIP');
    expect(service.spec.ports).to.deep.equal([
      { name: 'http', protocol: 'TCP', port: 80, targetPort: 5000 },
      { name: 'torch', protocol: 'TCP', port: 29500, targetPort: 29500 },
    ]);
    expect(service.spec.selector).to.deep.equal({ 'kaito.sh/workspace': 'workspace-phi-3-mini' });
  });

  it('sends nobody to an engine that is still loading', () => {
    expect(find(render(), 'Service').spec.publishNotReadyAddresses).to.equal(false);
  });

  it('is a load balancer for the annotation, in its exact case only', () => {
    const type = (value: string) => find(render({ annotations: { 'kaito.sh/enablelb': value } }), 'Service').spec.type;
    expect(type('True')).to.equal('LoadBalancer');
    expect(type('true')).to.equal('ClusterIP');
    const codes = (value: string) =>
      aPlan({ annotations: { 'kaito.sh/enablelb': value } }).warnings.map(({ code }) => code);
    expect(codes('true')).to.include('AnnotationIgnored');
    expect(codes('True')).not.to.include('AnnotationIgnored');
    expect(codes('False')).not.to.include('AnnotationIgnored');
  });
});

describe('the Deployment', () => {
  it('has a pod a node, and replaces them one by one, without a spare node', () => {
    const { spec } = find(render({ count: 3 }), 'Deployment');
    expect(spec.replicas).to.equal(3);
    expect(spec.strategy).to.deep.equal({ type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } });
  });

  it('gives a rollout longer than the engine may take to start', () => {
    expect(find(render(), 'Deployment').spec.progressDeadlineSeconds).to.equal(3600);
  });

  it('asks for all GPUs of the node, as request and as limit', () => {
    for (const [instanceType, gpus] of [
      ['Standard_NC6s_v3', '1'],
      ['Standard_NC24s_v3', '4'],
    ] as const) {
      const [container] = podOf({ instanceType }).containers;
      expect(container.resources).to.deep.equal({
        requests: { 'nvidia.com/gpu': gpus },
        limits: { 'nvidia.com/gpu': gpus },
      });
    }
  });

  it('names its container as the Workspace and opens port 5000', () => {
    const [container] = podOf().containers;
    expect(container.name).to.equal('workspace-phi-3-mini');
    expect(container.ports).to.deep.equal([{ name: 'http', containerPort: 5000, protocol: 'TCP' }]);
  });

  it('requires the labels of the user and of its own claims', () => {
    const [term] = podOf().affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms;
    expect(term.matchExpressions).to.deep.equal([
      { key: 'apps', operator: 'In', values: ['phi-3'] },
      { key: 'kaito.sh/workspace', operator: 'In', values: ['workspace-phi-3-mini'] },
      { key: 'kaito.sh/workspacenamespace', operator: 'In', values: ['default'] },
    ]);
  });

  it('requires nothing where the Plan has no labels, rather than writing a term that no node matches', () => {
    const decision = aPlan();
    const [, deployment] = presetImage.render(
      { ...decision, nodes: { ...decision.nodes, selector: {} } },
      aWorkspace(),
    );
    expect(JSON.stringify(deployment)).not.to.contain('affinity');
  });

  it('tolerates the taints of GPU nodes', () => {
    expect(podOf().tolerations).to.deep.equal([
      { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
      { key: 'sku', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' },
    ]);
  });

  it('holds liveness back while the engine loads, and sees readiness within seconds', () => {
    const [container] = podOf().containers;
    const { periodSeconds, failureThreshold, httpGet } = container.startupProbe;
    expect(httpGet).to.deep.equal({ path: '/healthz', port: 5000, scheme: 'HTTP' });
    expect(periodSeconds * failureThreshold).to.equal(1800);
    expect(periodSeconds).to.be.at.most(2);
    expect(container.livenessProbe).to.deep.include({ periodSeconds: 10, failureThreshold: 3 });
    expect(container.readinessProbe).not.to.have.property('initialDelaySeconds');
    expect(podOf(T4).containers[0].startupProbe.httpGet.path).to.equal('/health');
  });

  it('gives no rights and no foreign settings to code that came with a model', () => {
    expect(podOf()).to.deep.include({ automountServiceAccountToken: false, enableServiceLinks: false });
    expect(podOf().containers[0].securityContext).to.deep.equal({ allowPrivilegeEscalation: false });
  });

  it('keeps the last words of an engine that crashes', () => {
    expect(podOf().containers[0].terminationMessagePolicy).to.equal('FallbackToLogsOnError');
  });

  it('holds no gate that would need a living operator at every restart', () => {
    for (const asked of [{}, T4]) expect(podOf(asked)).not.to.have.property('schedulingGates');
  });

  it('shares memory between processes where there are several', () => {
    const shm = (asked: Asked) => (podOf(asked).volumes ?? []).filter(({ name }: { name: string }) => name === 'dshm');
    expect(shm({})).to.deep.equal([]);
    for (const asked of [{ count: 2 }, { instanceType: 'Standard_NC24s_v3' }, T4]) {
      expect(shm(asked)).to.deep.equal([{ name: 'dshm', emptyDir: { medium: 'Memory' } }]);
    }
    expect(podOf(T4).containers[0].volumeMounts[0]).to.deep.equal({ name: 'dshm', mountPath: '/dev/shm' });
  });

  it('pulls with the secrets of the Plan', () => {
    const decision = aPlan();
    const withSecrets = { ...decision, engine: { ...decision.engine, pullSecrets: ['a', 'b'] } };
    const deployment = find(presetImage.render(withSecrets, aWorkspace()), 'Deployment');
    expect(deployment.spec.template.spec.imagePullSecrets).to.deep.equal([{ name: 'a' }, { name: 'b' }]);
  });
});

describe('/chat in front of vllm', () => {
  const source = readFileSync(new URL('../assets/kaito_chat.py', import.meta.url), 'utf8');

  it('comes from a ConfigMap, mounted where Python looks for it', () => {
    const configMap = find(render(T4), 'ConfigMap');
    expect(configMap.data).to.deep.equal({ 'kaito_chat.py': source });
    const pod = podOf(T4);
    expect(pod.volumes).to.deep.include({ name: 'chat', configMap: { name: configMap.metadata.name } });
    const [{ env, volumeMounts, args }] = pod.containers;
    const mount = volumeMounts.find(({ name }: { name: string }) => name === 'chat');
    expect(mount.readOnly).to.equal(true);
    expect(env).to.deep.include({ name: 'PYTHONPATH', value: mount.mountPath });
    expect(args.slice(-2)).to.deep.equal(['--middleware', 'kaito_chat.ChatMiddleware']);
    expect(source).to.contain('class ChatMiddleware:');
  });

  it('rolls the pods when the file changes', async () => {
    const { createHash } = await import('node:crypto');
    const hash = createHash('sha256').update(source).digest('hex').slice(0, 16);
    expect(find(render(T4), 'Deployment').spec.template.metadata.annotations).to.deep.equal({
      'kaito.sh/chat-hash': hash,
    });
  });

  it('keeps what it fetches on a volume', () => {
    const pod = podOf(T4);
    expect(pod.volumes).to.deep.include({ name: 'model-weights-volume', emptyDir: {} });
    expect(pod.containers[0].env).to.deep.include({ name: 'HF_HOME', value: '/workspace/weights' });
  });
});
