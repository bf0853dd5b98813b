import type { KubeObject, Runtime } from '@kaito-sdk/core';
import { aWorkspace, exampleCatalogs, exampleRuntime } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { World } from './support/pass.js';

interface JobSpec {
  readonly template: {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> };
    readonly spec: {
      readonly nodeName: string;
      readonly containers: readonly {
        readonly name: string;
        readonly image: string;
        readonly imagePullPolicy?: string;
        readonly resources: object;
      }[];
    };
  };
}

/** A workload whose pods mount an image. */
function mounting(image: object): (object: KubeObject) => KubeObject {
  return (object) => {
    const { template, ...spec } = object.spec as { readonly template?: { readonly spec: object } };
    if (template === undefined) return object;
    const volumes = [{ name: 'model', image }];
    return { ...object, spec: { ...spec, template: { ...template, spec: { ...template.spec, volumes } } } };
  };
}

describe('pulling images before the GPUs of a node show', () => {
  let world: World;
  const jobs = () => [...world.cluster.objects.values()].filter(({ kind }) => kind === 'Job');
  const joined = async (gpus: number) => {
    world = new World(aWorkspace());
    await world.pass();
    world.provisioner.move('joined');
    world.nodesShow(gpus);
    await world.pass();
  };

  it('begins when the node is Ready, bound to that node, with the images of the workload and without a GPU', async () => {
    await joined(0);
    const [job, ...others] = jobs();
    expect(others).to.deep.equal([]);
    const { template } = (job as unknown as { readonly spec: JobSpec }).spec;
    expect(template.spec.nodeName).to.equal([...world.cluster.cluster.keys()][0]);
    const workload = world.cluster.objects.get('Deployment/demo') as unknown as { readonly spec: JobSpec };
    const image = workload.spec.template.spec.containers[0]?.image;
    expect(template.spec.containers.map((one) => one.image)).to.deep.equal([image]);
    expect(JSON.stringify(template)).not.to.contain('gpu');
  });

  it('brings the weights too, where the workload mounts them as an image', async () => {
    const weights = { reference: 'registry.example/weights:1', pullPolicy: 'IfNotPresent' };
    const withWeights = {
      ...exampleRuntime,
      render: (...given: Parameters<Runtime['render']>) => exampleRuntime.render(...given).map(mounting(weights)),
    };
    world = new World(aWorkspace());
    world.catalogs = { ...exampleCatalogs, runtimes: [withWeights] };
    await world.pass();
    world.provisioner.move('joined');
    world.nodesShow(0);
    await world.pass();
    const [job] = jobs();
    const { containers } = (job as unknown as { readonly spec: JobSpec }).spec.template.spec;
    expect(containers.map(({ name, image, imagePullPolicy }) => [name, image, imagePullPolicy])).to.deep.equal([
      ['image-0', 'registry.example/engine:1', undefined],
      ['image-1', 'registry.example/weights:1', 'IfNotPresent'],
    ]);
  });

  it('makes pods that nobody takes for those of the workload', async () => {
    await joined(0);
    const [job] = jobs();
    const { template } = (job as unknown as { readonly spec: JobSpec }).spec;
    expect(Object.keys(template.metadata.labels)).to.deep.equal(['kaito-sdk.dev/pre-pull']);
  });

  it('does not begin on a node that is not Ready: nothing could be pulled there', async () => {
    world = new World(aWorkspace());
    await world.pass();
    world.provisioner.move('joined');
    world.nodesShow(0, 'False');
    await world.pass();
    expect(jobs()).to.deep.equal([]);
  });

  it('does not begin where the GPUs show at once', async () => {
    await joined(1);
    expect(jobs()).to.deep.equal([]);
  });

  it('goes on while the GPUs show and the workload does not run yet, and is cleared away when it runs', async () => {
    await joined(0);
    world.provisioner.move('ready');
    world.nodesShow(1);
    await world.pass();
    expect(jobs()).to.have.length(1);
    const nodeName = [...world.cluster.cluster.keys()][0];
    world.cluster.workloadPods = [
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'demo-1' }, spec: { nodeName }, status: { phase: 'Running' } },
    ];
    await world.pass();
    expect(jobs()).to.deep.equal([]);
  });

  it('can be switched off', async () => {
    world = new World(aWorkspace());
    world.prePull = false;
    await world.pass();
    world.provisioner.move('joined');
    world.nodesShow(0);
    await world.pass();
    expect(jobs()).to.deep.equal([]);
  });
});
