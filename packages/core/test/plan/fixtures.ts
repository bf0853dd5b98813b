import {
  bytes,
  type Catalogs,
  gib,
  type Infeasible,
  type InstanceType,
  type MemoryDemand,
  type ModelPreset,
  type Plan,
  plan,
  type Runtime,
  type Workspace,
} from '@kaito-sdk/core';

/** A model of one million parameters a layer, so that figures can be checked in the head. */
export function aPreset(overrides: Partial<ModelPreset> = {}): ModelPreset {
  return {
    name: 'sparrow-small-instruct',
    model: {
      architecture: 'SparrowForCausalLM',
      parameters: 1_000_000_000,
      layers: 10,
      hiddenSize: 1000,
      intermediateSize: 4000,
      attentionHeads: 10,
      kvHeads: 10,
      headDim: 100,
      vocabSize: 1000,
      contextLength: 4000,
      dtype: 'bfloat16',
    },
    weights: { repository: 'birds/Sparrow-small', revision: 'c0ffee0', gated: false },
    licence: { spdx: 'MIT', source: 'the model card' },
    diskBytes: gib(50),
    runtimes: {},
    sources: { licence: 'the model card' },
    ...overrides,
  };
}

export interface InstanceFigures {
  readonly gpuGib?: number;
  readonly gpus?: number;
  readonly capability?: number;
  readonly usd?: number;
}

export function anInstance(
  name: string,
  figures: InstanceFigures = {},
  overrides: Partial<InstanceType> = {},
): InstanceType {
  const { gpuGib = 16, gpus = 1, capability = 8, usd } = figures;
  return {
    name,
    gpu: { vendor: 'nvidia', model: 'NVIDIA B1', count: gpus, memoryBytes: gib(gpuGib), computeCapability: capability },
    prices: usd === undefined ? [] : [{ usdPerHour: usd, region: 'north', asOf: '2026-01-01', source: 'a list' }],
    source: 'a table',
    ...overrides,
  };
}

/** 1 GiB of weights and 1 MiB a token, of which the engine may use everything. */
export const PLAIN_DEMAND: MemoryDemand = {
  utilization: 1,
  fixed: [{ name: 'weights', bytes: gib(1), source: 'a figure' }],
  perToken: [{ name: 'cache', bytes: bytes(2 ** 20), source: 'a figure' }],
  perTokenSquared: [],
  minimumContext: 1000,
};

export function aRuntime(overrides: Partial<Runtime> = {}): Runtime {
  return {
    name: 'nest',
    kind: 'inference',
    preference: 10,
    supports: () => ({ supported: true, because: 'it sings', warnings: [] }),
    sizing: () => PLAIN_DEMAND,
    configure: (need, { contextLength }) => ({
      image: `registry.example/${need.preset.name}:1`,
      weights: 'hub',
      command: ['sing'],
      args: ['--context', String(contextLength)],
      env: [],
      port: 5000,
      healthPath: '/health',
      dtype: need.preset.model.dtype,
      contextLength,
      startupSeconds: 600,
    }),
    render: () => [],
    assess: () => ({ state: 'ready' }),
    ...overrides,
  };
}

export function aCatalog(...instances: readonly InstanceType[]) {
  return { name: 'meadow', instances: () => instances };
}

export function catalogs(overrides: Partial<Catalogs> = {}): Catalogs {
  return {
    presets: [{ name: 'birds', models: [aPreset(), aPreset({ name: 'sparrow-large-instruct' })] }],
    instances: [aCatalog(anInstance('Small', { gpuGib: 8, usd: 1 }), anInstance('Large', { gpuGib: 80, usd: 4 }))],
    runtimes: [aRuntime()],
    provisioner: {
      name: 'gardener',
      retired: 'refuse',
      nodeSelector: ({ namespace, name }) => ({ 'kaito.sh/workspace': name, 'kaito.sh/workspacenamespace': namespace }),
    },
    today: '2026-06-30',
    ...overrides,
  };
}

/** A Workspace that the catalogs above can serve; `parts` replaces whole top-level fields, of any type. */
export function aWorkspace(parts: Readonly<Record<string, unknown>> = {}): Workspace {
  return {
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: { name: 'songs', namespace: 'garden' },
    resource: { instanceType: 'Small', labelSelector: { matchLabels: { apps: 'songs' } } },
    inference: { preset: { name: 'sparrow-small-instruct' } },
    ...parts,
  } as Workspace;
}

export function annotated(annotations: Readonly<Record<string, string>>): Workspace {
  return aWorkspace({ metadata: { name: 'songs', namespace: 'garden', annotations } });
}

export function feasible(workspace: Workspace, given: Catalogs = catalogs()): Plan {
  const decision = plan(workspace, given);
  if (!decision.feasible) throw new Error(`expected a Plan, got ${decision.code}: ${decision.message}`);
  return decision;
}

export function infeasible(workspace: Workspace, given: Catalogs = catalogs()): Infeasible {
  const decision = plan(workspace, given);
  if (decision.feasible) throw new Error('expected a refusal, got a Plan');
  return decision;
}
