import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { type KubeObject, type Plan, plan, type Runtime } from '@kaito-sdk/core';
import { phiPresets } from '@kaito-sdk/presets-phi';
import { LlamacppRuntime, VllmRuntime } from '@kaito-sdk/runtime-inference';
import { expect } from 'chai';
import { type Asked, aPlan, aWorkspace, catalogs, presetImage, vllm } from './fixtures.js';

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

const sha = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

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

  /** Every preset on every runtime, on machines that hold the largest. What cannot be had says why, and is stored as well. */
  describe('for every preset and runtime', () => {
    const machines = new Map<string, string>([
      ['preset-image', 'Standard_NC24ads_A100_v4'],
      ['vllm', 'Standard_ND96isr_H100_v5'],
      ['llamacpp', 'Standard_NC24ads_A100_v4'],
    ]);
    const llamacpp = new LlamacppRuntime();
    const byName = {
      'kaito.sh/runtime': 'llamacpp',
      'kaito.sh/gguf': 'image:registry.example/models:1!model-Q4_K_M.gguf',
    };
    for (const { name: preset, deprecated } of phiPresets.models) {
      if (deprecated) continue;
      for (const runtime of [presetImage, vllm, llamacpp] as readonly Runtime[]) {
        it(`are those that are stored: ${preset} on ${runtime.name}`, () => {
          const annotations = runtime === llamacpp ? { annotations: byName } : {};
          const workspace = aWorkspace({ preset, instanceType: machines.get(runtime.name)!, ...annotations });
          const decision = plan(workspace, { ...catalogs, runtimes: [runtime] });
          const rendered = decision.feasible
            ? runtime.render(decision, workspace)
            : { infeasible: decision.message, code: decision.code };
          // Our files stand in full in the rendering for a T4; here their digests do.
          const text = JSON.stringify(rendered, (key, value) =>
            key === 'data'
              ? Object.fromEntries(Object.entries(value).map(([file, body]) => [file, sha(String(body))]))
              : value,
          );
          const file = golden(`presets/${preset}-on-${runtime.name}`);
          if (process.env.UPDATE_GOLDEN) writeFileSync(file, `${JSON.stringify(JSON.parse(text), null, 2)}\n`);
          expect(JSON.parse(text)).to.deep.equal(JSON.parse(readFileSync(file, 'utf8')));
        });
      }
    }
  });

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
  it('replaces its pod without a spare node, as there is none', () => {
    const { spec } = find(render(), 'Deployment');
    expect(spec.replicas).to.equal(1);
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
    for (const asked of [{ instanceType: 'Standard_NC24s_v3' }, T4]) {
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

describe('the pods of several nodes', () => {
  const objects = () => render({ count: 3 });
  const workload = () => find(objects(), 'StatefulSet');
  // biome-ignore lint/suspicious/noExplicitAny: reaching into objects of unknown depth is what these tests do
  const services = (of: readonly KubeObject[]): any[] => of.filter(({ kind }) => kind === 'Service');

  it('are a StatefulSet that starts and replaces them without waiting for one that is stuck', () => {
    const { spec } = workload();
    expect(spec).to.deep.include({
      replicas: 3,
      serviceName: 'workspace-phi-3-mini-headless',
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'RollingUpdate' },
    });
    expect(spec.selector.matchLabels).to.deep.equal({ 'kaito.sh/workspace': 'workspace-phi-3-mini' });
    expect(objects().map(({ kind }) => kind)).to.deep.equal(['Service', 'Service', 'StatefulSet']);
  });

  it('have names before they are ready, by a headless Service, while the one for clients shows only ready ones', () => {
    const [clients, names] = services(objects());
    expect(names.spec).to.include({ clusterIP: 'None', publishNotReadyAddresses: true });
    expect(names.metadata.name).to.equal('workspace-phi-3-mini-headless');
    expect(clients.spec.publishNotReadyAddresses).to.equal(false);
    // Each has a whole copy, so any may answer.
    expect(clients.spec.selector).to.deep.equal({ 'kaito.sh/workspace': 'workspace-phi-3-mini' });
  });

  it('share memory, whatever the engine', () => {
    expect(workload().spec.template.spec.volumes).to.deep.include({ name: 'dshm', emptyDir: { medium: 'Memory' } });
  });

  it('are refused where the name of the Workspace leaves no room for theirs', () => {
    const named = (length: number) => ({
      ...aWorkspace({ count: 2 }),
      metadata: { name: 'w'.repeat(length), namespace: 'default' },
    });
    const decide = (length: number) => plan(named(length), catalogs);
    expect(decide(52).feasible).to.equal(true);
    const refused = decide(53);
    expect(refused.feasible ? '' : refused.message).to.match(/53 characters.*at most 52/);
  });
});

describe('the kind of the workload', () => {
  const kinds = (asked: Asked, value?: string) =>
    render({ ...asked, ...(value === undefined ? {} : { annotations: { 'kaito.sh/workload-kind': value } }) })
      .map(({ kind }) => kind)
      .filter((kind) => kind !== 'Service' && kind !== 'ConfigMap');

  it('is that of one that was taken over, for any number of nodes', () => {
    expect(kinds({})).to.deep.equal(['Deployment']);
    expect(kinds({}, 'StatefulSet')).to.deep.equal(['StatefulSet']);
    expect(kinds({ count: 3 })).to.deep.equal(['StatefulSet']);
    expect(kinds({ count: 3 }, 'Deployment')).to.deep.equal(['Deployment']);
    const annotations = { 'kaito.sh/workload-kind': 'StatefulSet' };
    const taken = render({ annotations });
    expect(taken.map(({ metadata }) => metadata.name)).to.deep.equal([
      'workspace-phi-3-mini',
      'workspace-phi-3-mini-headless',
      'workspace-phi-3-mini',
    ]);
    const once = find(render(), 'Deployment').spec.template;
    expect(find(taken, 'StatefulSet').spec.template).to.deep.equal(once);
  });

  it('is a StatefulSet where one model lies over several nodes, whatever is asked for: its pods need names', () => {
    const runtime = new VllmRuntime({ longestPipeline: 4 });
    const workspace = aWorkspace({
      preset: 'phi-4',
      instanceType: 'Standard_NC4as_T4_v3',
      annotations: { 'kaito.sh/workload-kind': 'Deployment' },
    });
    const decision = plan(workspace, { ...catalogs, runtimes: [runtime] });
    if (!decision.feasible) throw new Error(decision.message);
    expect(runtime.render(decision, workspace).map(({ kind }) => kind)).to.include('StatefulSet');
  });

  it('that does not exist is warned about and changes nothing', () => {
    expect(kinds({}, 'DaemonSet')).to.deep.equal(['Deployment']);
    const { warnings } = aPlan({ annotations: { 'kaito.sh/workload-kind': 'DaemonSet' } });
    expect(warnings.map(({ message }) => message)).to.include(
      'The annotation kaito.sh/workload-kind is "DaemonSet", and only Deployment and StatefulSet are kinds of a workload.',
    );
  });
});

describe('one model over several nodes', () => {
  const runtime = new VllmRuntime({ longestPipeline: 4 });
  const given = { ...catalogs, runtimes: [runtime] };
  const asked = { preset: 'phi-4', instanceType: 'Standard_NC4as_T4_v3' };
  const decided = (more: Asked = {}) => {
    const workspace = aWorkspace({ ...asked, ...more });
    const decision = plan(workspace, given);
    if (!decision.feasible) throw new Error(decision.message);
    return { decision, objects: runtime.render(decision, workspace) };
  };

  it('is off unless the operator allows it: it has never run on hardware', () => {
    expect(plan(aWorkspace(asked), catalogs).feasible).to.equal(false);
    expect(vllm.longestPipeline).to.equal(1);
  });

  it('is stored as it was reviewed', () => {
    const rendered = JSON.parse(JSON.stringify(decided().objects));
    if (process.env.UPDATE_GOLDEN) writeFileSync(golden('phi-4-over-t4s'), `${JSON.stringify(rendered, null, 2)}\n`);
    expect(rendered).to.deep.equal(JSON.parse(readFileSync(golden('phi-4-over-t4s'), 'utf8')));
  });

  it('has as many pods as the Plan has nodes, and one of them answers', () => {
    const { decision, objects } = decided();
    const { count, pipeline } = decision.nodes;
    expect(pipeline).to.equal(count).and.be.above(1);
    expect(find(objects, 'StatefulSet').spec.replicas).to.equal(count);
    expect(find(objects, 'Service').spec.selector).to.deep.equal({
      'kaito.sh/workspace': 'workspace-phi-3-mini',
      'apps.kubernetes.io/pod-index': '0',
    });
  });

  it('starts through Ray, with the lengths of the Plan, and tells each pod who leads and how many there are', () => {
    const { decision, objects } = decided();
    const [container] = find(objects, 'StatefulSet').spec.template.spec.containers;
    expect(container.command).to.deep.equal(['/bin/sh', '/mnt/kaito/kaito_multi_node.sh', 'serve', 'vllm', 'serve']);
    const args = container.args.join(' ');
    expect(args).to.contain(`--pipeline-parallel-size ${decision.nodes.pipeline} --distributed-executor-backend ray`);
    const env = new Map(container.env.map((one: { name: string }) => [one.name, one]));
    expect(env.get('KAITO_LEADER')).to.include({ value: 'workspace-phi-3-mini-0.workspace-phi-3-mini-headless' });
    expect(env.get('KAITO_NODES')).to.include({ value: String(decision.nodes.pipeline) });
    expect(env.get('POD_INDEX')).to.deep.include({
      valueFrom: { fieldRef: { fieldPath: "metadata.labels['apps.kubernetes.io/pod-index']" } },
    });
    expect(container.startupProbe.periodSeconds * container.startupProbe.failureThreshold).to.equal(
      decision.engine.startupSeconds,
    );
    expect(container.readinessProbe.exec.command).to.deep.equal(['/bin/sh', '/mnt/kaito/kaito_multi_node.sh', 'ready']);
  });

  it('makes a group for each copy, which do not mix', () => {
    const { decision, objects } = decided({ count: decided().decision.nodes.count + 1 });
    const sets = objects.filter(({ kind }) => kind === 'StatefulSet').map((one) => JSON.parse(JSON.stringify(one)));
    expect(sets.map(({ metadata }) => metadata.name)).to.deep.equal(['workspace-phi-3-mini', 'workspace-phi-3-mini-1']);
    for (const { metadata, spec } of sets) {
      expect(spec.replicas).to.equal(decision.nodes.pipeline);
      expect(spec.selector.matchLabels['kaito.sh/group']).to.equal(metadata.name);
      expect(spec.template.metadata.labels).to.include(spec.selector.matchLabels);
    }
  });
});

describe("the user's settings", () => {
  const withInference = (more: object, instanceType = 'Standard_NC4as_T4_v3') => {
    const workspace = aWorkspace({ instanceType });
    return { ...workspace, inference: { ...workspace.inference, ...more } };
  };
  const podFor = (more: object) => {
    const workspace = withInference(more);
    const decision = plan(workspace, catalogs);
    if (!decision.feasible) throw new Error(decision.message);
    return find(vllm.render(decision, workspace), 'Deployment').spec.template.spec;
  };

  it('in a ConfigMap come behind the flags of the operator', () => {
    const pod = podFor({ config: 'my-settings' });
    expect(pod.containers[0].command).to.deep.equal(['python3', '/mnt/kaito/kaito_serve.py', 'vllm', 'serve']);
    expect(pod.volumes).to.deep.include({
      name: 'config-volume',
      configMap: { name: 'my-settings', items: [{ key: 'inference_config.yaml', path: 'inference_config.yaml' }] },
    });
    expect(pod.containers[0].volumeMounts).to.deep.include({
      name: 'config-volume',
      mountPath: '/mnt/config',
      readOnly: true,
    });
  });

  it('are refused by name on the runtime that has none', () => {
    const decision = plan(withInference({ config: 'my-settings' }, 'Standard_NC6s_v3'), catalogs);
    expect(decision.feasible ? '' : decision.message).to.match(
      /inference\.config is not supported by preset-image|compute capability 7\.0/,
    );
  });

  it('for a hub with a token name a Secret, of which only the key HF_TOKEN is read', () => {
    const pod = podFor({ preset: { name: 'phi-3-mini-4k-instruct', presetOptions: { modelAccessSecret: 'hub' } } });
    expect(pod.containers[0].env).to.deep.include({
      name: 'HF_TOKEN',
      valueFrom: { secretKeyRef: { name: 'hub', key: 'HF_TOKEN' } },
    });
  });
});

describe('spot nodes', () => {
  it('are tolerated where the Plan is for one, and nowhere else', () => {
    const decision = aPlan();
    const keys = (capacityType: 'spot' | 'on-demand') => {
      const objects = presetImage.render({ ...decision, nodes: { ...decision.nodes, capacityType } }, aWorkspace());
      return find(objects, 'Deployment').spec.template.spec.tolerations.map(({ key }: { key: string }) => key);
    };
    expect(keys('spot')).to.include('kubernetes.azure.com/scalesetpriority');
    expect(keys('on-demand')).to.deep.equal(['nvidia.com/gpu', 'sku']);
  });
});
