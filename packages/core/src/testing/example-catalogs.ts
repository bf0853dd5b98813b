import { bytes, gib } from '../plan/bytes.js';
import type { Catalogs } from '../plan/catalogs.js';
import type { InstanceCatalog } from '../plugin/instance-catalog.js';
import type { PresetPack } from '../plugin/preset-pack.js';
import type { Runtime } from '../plugin/runtime.js';

/** One small and one large machine, for tests that are not about machines. */
export const exampleInstances: InstanceCatalog = {
  name: 'example',
  instances: () => [
    {
      name: 'gpu.small',
      gpu: { vendor: 'nvidia', model: 'Example 16', count: 1, memoryBytes: gib(16), computeCapability: 8 },
      diskBytes: gib(200),
      prices: [{ usdPerHour: 1, region: 'here', asOf: '2026-01-01', source: 'made up' }],
      source: 'made up',
    },
    {
      name: 'gpu.large',
      gpu: { vendor: 'nvidia', model: 'Example 80', count: 1, memoryBytes: gib(80), computeCapability: 9 },
      diskBytes: gib(500),
      prices: [{ usdPerHour: 4, region: 'here', asOf: '2026-01-01', source: 'made up' }],
      source: 'made up',
    },
  ],
};

/** A model that fits on every machine of {@link exampleInstances}, and one that fits on the large one only. */
export const examplePresets: PresetPack = {
  name: 'example',
  models: [model('tiny', 1e9), model('huge', 30e9)],
};

function model(name: string, parameters: number): PresetPack['models'][number] {
  return {
    name,
    model: {
      architecture: 'ExampleForCausalLM',
      parameters,
      layers: 16,
      hiddenSize: 2048,
      intermediateSize: 8192,
      attentionHeads: 16,
      kvHeads: 16,
      headDim: 128,
      vocabSize: 32_000,
      contextLength: 4096,
      dtype: 'float16',
    },
    weights: { repository: `example/${name}`, revision: '0123456789abcdef', gated: false },
    licence: { spdx: 'MIT', source: 'made up' },
    diskBytes: gib(50),
    runtimes: {},
    sources: {},
  };
}

/** Renders one Service and one Deployment, and is ready when the Deployment says so. */
export const exampleRuntime: Runtime = {
  name: 'example',
  kind: 'inference',
  preference: 1,
  supports: () => ({ supported: true, because: 'it runs everything', warnings: [] }),
  sizing: ({ preset }) => ({
    utilization: 0.9,
    fixed: [{ name: 'weights', bytes: bytes(preset.model.parameters * 2), source: 'two bytes a parameter' }],
    perToken: [],
    perTokenSquared: [],
    minimumContext: 128,
  }),
  configure: (_need, { contextLength }) => ({
    image: 'registry.example/engine:1',
    weights: 'image',
    command: ['serve'],
    env: [],
    port: 5000,
    healthPath: '/healthz',
    dtype: 'float16',
    contextLength,
    startupSeconds: 600,
  }),
  render: ({ workspace: { name, namespace }, nodes, engine }) => [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace },
      spec: { selector: { 'kaito.sh/workspace': name }, ports: [{ port: 80, targetPort: engine.port }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace },
      spec: {
        replicas: nodes.count,
        selector: { matchLabels: { 'kaito.sh/workspace': name } },
        template: {
          metadata: { labels: { 'kaito.sh/workspace': name } },
          spec: {
            containers: [{ name: 'engine', image: engine.image, command: engine.command }],
            nodeSelector: nodes.selector,
          },
        },
      },
    },
  ],
  assess: ({ objects }) => {
    const deployment = objects.find(({ kind }) => kind === 'Deployment');
    const { readyReplicas = 0 } = (deployment?.status ?? {}) as { readyReplicas?: number };
    return readyReplicas > 0
      ? { state: 'ready' }
      : { state: 'waiting', reason: 'WorkspaceInferenceStatusPending', message: 'the engine is starting' };
  },
};

/** Catalogs in which everything above can be planned. */
export const exampleCatalogs: Catalogs = {
  presets: [examplePresets],
  instances: [exampleInstances],
  runtimes: [exampleRuntime],
  provisioner: {
    name: 'example',
    retired: 'refuse',
    nodeSelector: ({ namespace, name }) => ({ 'example.dev/owner': `${namespace}.${name}` }),
  },
  today: '2026-01-01',
};
