import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DEPLOYMENTS, type KubeObject, PODS, STATEFUL_SETS } from '@kaito-sdk/core';
import { expect } from 'chai';
import { parse } from 'yaml';
import { AdapterRegistry, pullSecret } from '../support/adapter-registry.js';
import { ServingWorld, type ServingWorldOptions } from '../support/serving-world.js';

const folder = new URL('../../../../examples/inference/', import.meta.url);
const QUESTION = 'What is Kubernetes?';

describe('the serving examples on the development cluster', function () {
  this.timeout(120_000);
  let world: ServingWorld;
  let registry: AdapterRegistry | undefined;
  afterEach(async () => {
    await world?.stop();
    await registry?.close();
    registry = undefined;
  });

  /** Applies an example and waits until its model is ready. Answers the Workspace. */
  async function applied(
    file: string,
    options: ServingWorldOptions = {},
    words: Readonly<Record<string, string>> = {},
  ): Promise<KubeObject> {
    world = await ServingWorld.start(options);
    const objects = await world.applyFile(new URL(file, folder), words);
    const workspace = objects.find(({ kind }) => kind === 'Workspace')!;
    await world.untilReady(workspace.metadata.name);
    return workspace;
  }

  it('kaito_workspace_phi_3_with_adapters.yaml answers as its adapter does', async () => {
    registry = await AdapterRegistry.start();
    const digest = await registry.push('phi-3-adapter', 'pirate');
    const { metadata } = await applied(
      'kaito_workspace_phi_3_with_adapters.yaml',
      {},
      {
        'ACR_REPO_HERE.azurecr.io/ADAPTER_HERE': `${registry.host}/phi-3-adapter`,
      },
    );
    expect(await world.chat(metadata.name, QUESTION)).to.match(/arr|matey|ahoy|ye /i);
    expect((await world.workspace(metadata.name)).status?.adapters).to.deep.equal([
      { name: 'phi-3-adapter', image: `${registry.host}/phi-3-adapter:0.0.1`, digest, fetchedBy: 'no credentials' },
    ]);
  });

  it('kaito_workspace_two_adapters_vllm.yaml serves each adapter by its name, and both without one', async () => {
    registry = await AdapterRegistry.start();
    await registry.push('first', 'pirate');
    await registry.push('second', 'polite');
    registry.guard({ kind: 'basic', username: 'me', password: 'pass' });
    world = await ServingWorld.start();
    await world.apply(pullSecret('registry-pull', registry.host, 'me', 'pass'));
    await world.applyFile(new URL('kaito_workspace_two_adapters_vllm.yaml', folder), {
      'ACR_REPO_HERE.azurecr.io/FIRST_ADAPTER_HERE': `${registry.host}/first`,
      'ACR_REPO_HERE.azurecr.io/SECOND_ADAPTER_HERE': `${registry.host}/second`,
      '"0.5"': '"1.0"',
    });
    const name = 'workspace-two-adapters';
    await world.untilReady(name);
    const by = async (model: string) => {
      const messages = [{ role: 'user', content: QUESTION }];
      const { body } = await world.post(name, '/v1/chat/completions', {
        model,
        messages,
        temperature: 0,
        max_tokens: 64,
      });
      return (JSON.parse(body) as { choices: { message: { content: string } }[] }).choices[0]!.message.content;
    };
    const answers = [await by('phi-3-mini-4k-instruct'), await by('first'), await by('second')];
    expect(new Set(answers).size, answers.join(' | ')).to.equal(3);
    expect((await world.chat(name, QUESTION)).trim()).to.equal((await by('combined_adapter')).trim());
    const { adapters } = (await world.workspace(name)).status!;
    expect(adapters?.map(({ fetchedBy }) => fetchedBy)).to.deep.equal([
      'pull secret registry-pull',
      'pull secret registry-pull',
    ]);
  });

  it("kaito_workspace_phi_4_vllm.yaml answers on OpenAI's paths and on /chat", async () => {
    const { metadata } = await applied('kaito_workspace_phi_4_vllm.yaml');
    expect(await world.chat(metadata.name, QUESTION)).to.match(/Kubernetes/);
    const { status } = await world.post(metadata.name, '/v1/chat/completions', {
      model: 'phi-4',
      messages: [{ role: 'user', content: QUESTION }],
    });
    expect(status).to.equal(200);
  });

  it('kaito_workspace_two_nodes.yaml runs a copy on each of two nodes', async () => {
    const { metadata } = await applied('kaito_workspace_two_nodes.yaml');
    expect(await world.chat(metadata.name, QUESTION)).to.match(/Kubernetes/);
    const set = await world.get(STATEFUL_SETS, metadata.name);
    expect(set?.status).to.include({ readyReplicas: 2 });
    expect((await world.workspace(metadata.name)).status?.workerNodes).to.have.length(2);
  });

  it('kaito_workspace_one_model_over_nodes.yaml leads to the pod that leads, once all are there', async () => {
    const { metadata } = await applied('kaito_workspace_one_model_over_nodes.yaml', { inference: { vllmNodes: 4 } });
    expect(await world.chat(metadata.name, QUESTION)).to.match(/Kubernetes/);
    const { plan } = (await world.workspace(metadata.name)).status!;
    const nodes = plan?.feasible ? plan.nodes : undefined;
    expect(nodes?.pipeline).to.equal(nodes?.count).and.be.above(1);
    expect((await world.get(STATEFUL_SETS, metadata.name))?.status).to.include({ readyReplicas: nodes?.count });
  });

  it('kaito_workspace_settings_of_the_engine.yaml starts the engine with its flags', async () => {
    const { metadata } = await applied('kaito_workspace_settings_of_the_engine.yaml');
    expect(await world.chat(metadata.name, QUESTION)).to.match(/Kubernetes/);
    const [pod] = (await world.client.list(PODS, { namespace: 'default' })).items;
    const { body } = await world.request('GET', `/api/v1/namespaces/default/pods/${pod?.metadata.name}/log`);
    expect(body).to.contain('--max-num-seqs=8').and.to.contain('--enable-prefix-caching');
  });

  it('kaito_workspace_custom_template.yaml runs the pods that it holds', async () => {
    const { metadata } = await applied('kaito_workspace_custom_template.yaml');
    const messages = [{ role: 'user', content: QUESTION }];
    const { status, body } = await world.post(metadata.name, '/v1/chat/completions', { messages });
    expect(status, body).to.equal(200);
    const deployment = await world.get(DEPLOYMENTS, metadata.name);
    expect(JSON.stringify(deployment?.spec)).to.contain('docker.io/vllm/vllm-openai:v0.25.1');
  });

  it('own-model/ serves a model by its own config.json', async () => {
    const config = parse(readFileSync(new URL('own-model/operator-config.yaml', folder), 'utf8'));
    const models = config.models.map((model: { config: string }) => ({
      ...model,
      config: fileURLToPath(new URL(`own-model/${model.config}`, folder)),
    }));
    const { metadata } = await applied('own-model/workspace.yaml', { config: { models } });
    expect(await world.chat(metadata.name, QUESTION)).to.match(/Kubernetes/);
  });
});
