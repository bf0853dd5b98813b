import { readFileSync, writeFileSync } from 'node:fs';
import type { KubeObject } from '@kaito-sdk/core';
import { TuningRuntime, type TuningRuntimeOptions } from '@kaito-sdk/runtime-tuning';
import { expect } from 'chai';
import { parse } from 'yaml';
import { type Asked, aPlan, aTuning } from './fixtures.js';

const golden = (name: string) => new URL(`../test/golden/${name}.json`, import.meta.url);
const SAS = 'https://store.example/train.parquet?sig=s3cret';

function render(asked: Asked = {}, options: TuningRuntimeOptions = {}): readonly KubeObject[] {
  return new TuningRuntime(options).render(aPlan(asked, options), aTuning(asked));
}
// biome-ignore lint/suspicious/noExplicitAny: reaching into an object of unknown depth is what these tests do
function find(kind: string, asked: Asked = {}, options: TuningRuntimeOptions = {}): any {
  return JSON.parse(JSON.stringify(render(asked, options).find((object) => object.kind === kind)));
}
// biome-ignore lint/suspicious/noExplicitAny: as above
const pod = (asked: Asked = {}): any => find('Job', asked).spec.template.spec;
// biome-ignore lint/suspicious/noExplicitAny: as above
const check = (asked: Asked = {}): any => new TuningRuntime().check(aPlan(asked), aTuning(asked)).spec;
const volume = { persistentVolumeClaim: { claimName: 'pvc' } };
// biome-ignore lint/suspicious/noExplicitAny: as above
const names = (list: any[]) => list.map(({ name }) => name);

describe('the objects of a tuning', () => {
  it('are those that are stored', () => {
    const rendered = JSON.parse(JSON.stringify([...render(), new TuningRuntime().check(aPlan(), aTuning())]));
    if (process.env.UPDATE_GOLDEN) writeFileSync(golden('qlora-on-v100'), `${JSON.stringify(rendered, null, 2)}\n`);
    expect(rendered).to.deep.equal(JSON.parse(readFileSync(golden('qlora-on-v100'), 'utf8')));
  });

  it('are a ConfigMap before the Job that reads it, the same each time', () => {
    expect(render().map(({ kind }) => kind)).to.deep.equal(['ConfigMap', 'Job']);
    expect(JSON.stringify(render())).to.equal(JSON.stringify(render()));
  });

  it('begin suspended, and end for good where another try is of no use', () => {
    const { suspend, backoffLimit, podFailurePolicy } = find('Job').spec;
    expect({ suspend, backoffLimit }).to.deep.equal({ suspend: true, backoffLimit: 3 });
    expect(podFailurePolicy.rules[0]).to.deep.equal({
      action: 'FailJob',
      onExitCodes: { operator: 'In', values: [2] },
    });
    expect(podFailurePolicy.rules[1].action).to.equal('Ignore');
  });

  it('fetch data and weights, train, and push beside the training', () => {
    expect(names(pod().initContainers)).to.deep.equal(['data', 'weights']);
    expect(names(pod().containers)).to.deep.equal(['trainer', 'pusher']);
  });

  it('push nothing where the result stays in a volume', () => {
    const { containers, volumes } = pod({ tuning: { output: { volumeSource: volume } } });
    expect(names(containers)).to.deep.equal(['trainer']);
    expect(volumes.find(({ name }: { name: string }) => name === 'results-volume')).to.deep.include(volume);
  });

  it('keep checkpoints in the claim of an annotation, so that the next pod goes on from them, and push all the same', () => {
    const workspace = aTuning();
    const annotated = {
      ...workspace,
      metadata: { ...workspace.metadata, annotations: { 'kaito-sdk.dev/checkpoints': 'pvc' } },
    };
    const job = new TuningRuntime().render(aPlan(), annotated).find((object) => object.kind === 'Job');
    // biome-ignore lint/suspicious/noExplicitAny: as above
    const { containers, volumes } = (JSON.parse(JSON.stringify(job)) as any).spec.template.spec;
    expect(names(containers)).to.deep.equal(['trainer', 'pusher']);
    expect(volumes.find(({ name }: { name: string }) => name === 'results-volume')).to.deep.include(volume);
  });

  it('read data from a volume without writing to it, and fetch none', () => {
    const { initContainers, volumes } = pod({ tuning: { input: { volumeSource: volume } } });
    expect(volumes.find(({ name }: { name: string }) => name === 'data-volume')).to.deep.include(volume);
    const mount = initContainers[0].volumeMounts.find(({ name }: { name: string }) => name === 'data-volume');
    expect(mount.readOnly).to.equal(true);
  });

  it('show the push secret to the pusher alone, and no account of the cluster to anybody', () => {
    const { initContainers, containers, automountServiceAccountToken } = pod();
    const seers = [...initContainers, ...containers].filter(({ volumeMounts }) =>
      names(volumeMounts).includes('push-secret'),
    );
    expect(names(seers)).to.deep.equal(['pusher']);
    expect(automountServiceAccountToken).to.equal(false);
  });

  it('hold the keys in an address in the ConfigMap only: no command line, variable or annotation has them', () => {
    const asked = { tuning: { input: { urls: [SAS] } } };
    expect(JSON.stringify(find('Job', asked))).not.to.contain('s3cret');
    expect(JSON.stringify(new TuningRuntime().check(aPlan(asked), aTuning(asked)))).not.to.contain('s3cret');
    expect(JSON.parse(find('ConfigMap', asked).data['task.json']).input).to.deep.equal({ urls: [SAS] });
  });

  it('have settings with KAITO’s sections, of the method', () => {
    const settings = (method: string) => parse(find('ConfigMap', { tuning: { method } }).data['training_config.yaml']);
    const { training_config: qlora } = settings('qlora');
    expect(qlora.QuantizationConfig).to.include({ load_in_4bit: true, bnb_4bit_quant_type: 'nf4' });
    expect(qlora.LoraConfig).to.deep.equal({ r: 8, lora_alpha: 8, lora_dropout: 0 });
    expect(settings('lora').training_config.QuantizationConfig).to.deep.equal({ load_in_4bit: false });
  });

  it('mount the ConfigMap of the user where there is one, and make no settings of their own', () => {
    const asked = { tuning: { config: 'mine' } };
    expect(find('ConfigMap', asked).data).not.to.have.property('training_config.yaml');
    const { configMap } = pod(asked).volumes.find(({ name }: { name: string }) => name === 'config-volume');
    expect(configMap.name).to.equal('mine');
  });

  it('run as nobody special', () => {
    const { securityContext, containers, initContainers } = pod();
    expect(securityContext).to.deep.include({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    for (const { securityContext: own } of [...containers, ...initContainers]) {
      expect(own).to.deep.equal({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } });
    }
  });

  it('have names that fit into labels, and differ for Workspaces whose names begin alike', () => {
    const name = (last: string) => `${'w'.repeat(60)}${last}`;
    const job = (last: string) => new TuningRuntime().check(aPlan({ name: name(last) }), aTuning()).metadata.name;
    expect(job('a')).to.have.length.at.most(63);
    expect(job('a')).not.to.equal(job('b'));
  });
});

describe('the look at the data beforehand', () => {
  it('wants no GPU and no node of its own, and is done once', () => {
    const { template, backoffLimit } = check();
    expect(JSON.stringify(template)).not.to.contain('nvidia.com/gpu');
    expect(template.spec).not.to.have.property('affinity');
    expect(backoffLimit).to.equal(0);
  });

  it('starts without the Secret and the ConfigMap that may be missing, so that it can say so', () => {
    const { volumes } = check({ tuning: { config: 'mine' } }).template.spec;
    const optional = volumes.filter(
      (one: { secret?: { optional?: boolean }; configMap?: { optional?: boolean } }) =>
        one.secret?.optional === true || one.configMap?.optional === true,
    );
    expect(names(optional)).to.deep.equal(['config-volume', 'push-secret']);
  });
});
