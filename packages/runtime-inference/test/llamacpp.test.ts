import { type Plan, plan } from '@kaito-sdk/core';
import { LlamacppRuntime } from '@kaito-sdk/runtime-inference';
import { expect } from 'chai';
import { aWorkspace, catalogs, presetImage, vllm } from './fixtures.js';

const llamacpp = new LlamacppRuntime();
const given = { ...catalogs, runtimes: [presetImage, vllm, llamacpp] };
const asked = (gguf?: string, adapters: readonly object[] = []) => {
  const annotations = { 'kaito.sh/runtime': 'llamacpp', ...(gguf === undefined ? {} : { 'kaito.sh/gguf': gguf }) };
  const workspace = aWorkspace({ annotations });
  return { ...workspace, inference: { ...workspace.inference, adapters: adapters as never } };
};
const podOf = (gguf: string, adapters: readonly object[] = []) => {
  const workspace = asked(gguf, adapters);
  const objects = llamacpp.render(plan(workspace, given) as Plan, workspace);
  const deployment = objects.find(({ kind }) => kind === 'Deployment') as unknown as { spec: { template: object } };
  // biome-ignore lint/suspicious/noExplicitAny: reaching into an object of unknown depth is what these tests do
  return (JSON.parse(JSON.stringify(deployment.spec.template)) as any).spec;
};

describe('llamacpp', () => {
  it('is taken by its name only, and never proposed', () => {
    expect((plan(aWorkspace(), given) as Plan).runtime.name).to.equal('preset-image');
    expect(JSON.stringify(plan(aWorkspace({ instanceType: 'Standard_NC6' }), given))).not.to.match(/llamacpp|GGUF/);
    expect((plan(asked('tiny'), given) as Plan).runtime.name).to.equal('llamacpp');
  });

  it('asks which file, and says the forms', () => {
    const decision = plan(asked(), given);
    expect(decision.feasible ? '' : `${decision.message} ${decision.remedy}`).to.match(
      /kaito\.sh\/gguf does not say which.*tiny, image:/,
    );
  });

  it('takes no GPU, and says that the one of the node stays idle', () => {
    expect(podOf('tiny').containers[0].resources).to.deep.equal({});
    expect((plan(asked('tiny'), given) as Plan).warnings.map(({ code }) => code)).to.include.members([
      'GpusIdle',
      'DemonstrationModel',
    ]);
  });

  it('serves a file of a volume or of an image', () => {
    const model = (gguf: string) => podOf(gguf).containers[0].args[1];
    expect(model('pvc:models/phi/m.gguf')).to.equal('/mnt/model/phi/m.gguf');
    expect(podOf('pvc:models/phi/m.gguf').volumes).to.deep.include({
      name: 'model',
      persistentVolumeClaim: { claimName: 'models', readOnly: true },
    });
    expect(model('image:registry.example/m:1!m.gguf')).to.equal('/mnt/model/m.gguf');
    expect(podOf('image:registry.example/m:1!m.gguf').initContainers[0]).to.include({ image: 'registry.example/m:1' });
  });

  it('serves the adapters in their folder, weighed by the variables of their names', () => {
    const adapter = { source: { name: 'one', image: 'registry.example/one:1' }, strength: '0.5' };
    const [container] = podOf('tiny', [adapter]).containers;
    expect(container.args.join(' ')).to.match(/--adapters-folder \/mnt\/adapter$/);
    expect(container.env).to.deep.equal([{ name: 'one', value: '0.5' }]);
  });
});
