import { explain, gib, NO_GPU, type Plan, plan } from '@kaito-sdk/core';
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

describe('llamacpp on machines without a GPU', () => {
  const sizes = [
    ['Standard_D4s_v5', 16],
    ['Standard_D8s_v5', 32],
  ] as const;
  const machines = sizes.map(([name, memory]) => ({
    name,
    gpu: NO_GPU,
    memoryBytes: gib(memory),
    prices: [],
    source: 'as in the Azure catalog',
  }));
  const given = {
    ...catalogs,
    instances: [{ name: 'machines', instances: () => machines }],
    runtimes: [...catalogs.runtimes, new LlamacppRuntime()],
  };
  const decide = (gguf: string | undefined, instanceType: string, preset = 'phi-3-mini-4k-instruct') =>
    plan(
      aWorkspace({
        instanceType,
        preset,
        annotations: gguf === undefined ? {} : { 'kaito.sh/runtime': 'llamacpp', 'kaito.sh/gguf': gguf },
      }),
      given,
    );

  it('is planned by the memory of the machine and by what the name of the file says of its weights', () => {
    const decision = decide('pvc:models/phi-3-mini-q4_k_m.gguf', 'Standard_D4s_v5');
    if (!decision.feasible) throw new Error(decision.message);
    expect(decision.nodes).to.deep.include({ gpusPerNode: 0, gpuResource: 'none' });
    expect(decision.memory).to.include({ machine: true, gpuBytes: gib(16) });
    const [weights] = decision.memory.parts;
    expect(weights?.bytes).to.be.within(gib(2), gib(2.4));
    expect(weights?.source).to.match(/4\.84 bits, as Q4_K_M in the name phi-3-mini-q4_k_m\.gguf says/);
    expect(decision.engine.contextLength).to.equal(4096);
    expect(decision.warnings.map(({ code }) => code)).not.to.include('GpusIdle');
    expect(explain(decision).join('\n')).to.match(
      /Standard_D4s_v5 \(no GPU\)[\s\S]*usable, of the machine with 16\.00 GiB/,
    );
  });

  it('is refused where the model does not fit, weights being taken whole where the name says nothing', () => {
    const decision = decide('pvc:models/phi-4.gguf', 'Standard_D8s_v5', 'phi-4');
    if (decision.feasible) throw new Error('it was planned');
    expect(decision.code).to.equal('InsufficientMemory');
    expect(decision.message).to.match(
      /needs 2\d\.\d+ GiB of the memory of the machine .* can give 25\.60 GiB of its 32\.00 GiB/,
    );
    expect(decide('pvc:models/phi-4-Q8_0.gguf', 'Standard_D8s_v5', 'phi-4').feasible).to.equal(true);
  });

  it('is the only engine there', () => {
    const decision = decide(undefined, 'Standard_D4s_v5');
    expect(decision.feasible ? '' : decision.message).to.match(/Standard_D4s_v5 has no GPU, and vllm computes on one/);
  });

  it('renders pods that ask for no GPU and tolerate nothing of one', () => {
    const decision = decide('tiny', 'Standard_D4s_v5');
    if (!decision.feasible) throw new Error(decision.message);
    const objects = new LlamacppRuntime().render(decision, aWorkspace({ annotations: { 'kaito.sh/gguf': 'tiny' } }));
    expect(JSON.stringify(objects)).not.to.match(/nvidia|none/);
  });
});

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
