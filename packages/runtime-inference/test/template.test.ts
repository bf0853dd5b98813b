import { explain, type KubeObject, type Plan, plan, type Workspace } from '@kaito-sdk/core';
import { TemplateRuntime } from '@kaito-sdk/runtime-inference';
import { expect } from 'chai';
import { aWorkspace, catalogs, presetImage, vllm } from './fixtures.js';

const template = new TemplateRuntime();
const given = { ...catalogs, runtimes: [presetImage, vllm, template] };

const POD = {
  metadata: { labels: { app: 'mine', 'kaito.sh/workspace': 'stolen' }, annotations: { note: 'kept' } },
  spec: {
    containers: [
      { name: 'server', image: 'registry.example/server:1', resources: { limits: { 'nvidia.com/gpu': '1' } } },
    ],
    tolerations: [{ key: 'mine', operator: 'Exists' }],
    affinity: {
      podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [] },
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } },
    },
    serviceAccountName: 'mine',
  },
};

const withTemplate = (pod: object = POD, resource: object = {}): Workspace => {
  const workspace = aWorkspace({ instanceType: 'Standard_NC6s_v3' });
  return { ...workspace, resource: { ...workspace.resource, ...resource }, inference: { template: pod as never } };
};
const decide = (workspace: Workspace): Plan => {
  const decision = plan(workspace, given);
  if (!decision.feasible) throw new Error(`${decision.code}: ${decision.message}`);
  return decision;
};
// biome-ignore lint/suspicious/noExplicitAny: reaching into an object of unknown depth is what these tests do
const rendered = (workspace: Workspace): any[] =>
  JSON.parse(JSON.stringify(template.render(decide(workspace), workspace))) as KubeObject[];

describe('a Workspace with a pod template', () => {
  it('is planned without a model: a node of the named type, and what the pods hold is their own business', () => {
    const decision = decide(withTemplate());
    expect(decision.runtime).to.include({ name: 'template' });
    expect(decision.nodes).to.include({ instanceType: 'Standard_NC6s_v3', count: 1 });
    expect(decision.unchecked.join()).to.match(/whether the pods fit/);
    expect(explain(decision).join('\n')).not.to.match(/context/);
  });

  it('runs the pods as they are, but for labels, place and tolerations', () => {
    const [service, deployment] = rendered(withTemplate());
    expect(service.spec.selector).to.deep.equal({ 'kaito.sh/workspace': 'workspace-phi-3-mini' });
    const { metadata, spec } = deployment.spec.template;
    expect(metadata).to.deep.equal({
      labels: { app: 'mine', 'kaito.sh/workspace': 'workspace-phi-3-mini' },
      annotations: { note: 'kept' },
    });
    expect(spec.containers).to.deep.equal(POD.spec.containers);
    expect(spec.serviceAccountName).to.equal('mine');
    expect(spec.tolerations.map(({ key }: { key: string }) => key)).to.deep.equal(['mine', 'nvidia.com/gpu', 'sku']);
    expect(spec.affinity).to.have.property('podAntiAffinity');
    const [term] = spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms;
    expect(term.matchExpressions.map(({ key }: { key: string }) => key)).to.include('kaito.sh/workspace');
  });

  it('is a StatefulSet on several nodes', () => {
    expect(rendered(withTemplate(POD, { count: 2 })).map(({ kind }) => kind)).to.deep.equal([
      'Service',
      'Service',
      'StatefulSet',
    ]);
  });

  it('comes from the Plan, so that another template means other pods', () => {
    const decision = decide(withTemplate());
    expect(template.render(decision, aWorkspace())).to.deep.equal(template.render(decision, withTemplate()));
  });

  it('is refused without containers', () => {
    const decision = plan(withTemplate({ spec: { nodeName: 'x' } }), given);
    expect(decision.feasible ? '' : decision.message).to.match(/containers is empty/);
  });

  it('is no alternative for a named model, and is not mentioned there', () => {
    const decision = plan(aWorkspace(), given);
    expect(JSON.stringify(decision)).not.to.match(/pod template/);
    const neither = plan({ ...aWorkspace(), inference: {} }, given);
    expect(neither.feasible ? '' : neither.message).to.match(/No model is named/);
  });
});
