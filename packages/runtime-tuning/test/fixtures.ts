import { type Catalogs, gib, type InstanceType, type Plan, plan, type Workspace } from '@kaito-sdk/core';
import { phiPresets } from '@kaito-sdk/presets-phi';
import { TuningRuntime, type TuningRuntimeOptions } from '@kaito-sdk/runtime-tuning';

const machine = (name: string, model: string, memory: number, computeCapability?: number, count = 1): InstanceType => ({
  name,
  gpu: {
    vendor: computeCapability === undefined ? 'amd' : 'nvidia',
    model,
    count,
    memoryBytes: gib(memory),
    ...(computeCapability === undefined ? {} : { computeCapability }),
  },
  prices: [],
  source: 'as in the Azure catalog',
});

/** Machines by GPU, with the figures of the Azure catalog. */
export const MACHINES = {
  P100: machine('Standard_NC6s_v2', 'NVIDIA P100', 16, 6),
  V100: machine('Standard_NC6s_v3', 'NVIDIA V100', 16, 7),
  T4: machine('Standard_NC4as_T4_v3', 'NVIDIA T4', 16, 7.5),
  A100: machine('Standard_NC24ads_A100_v4', 'NVIDIA A100', 80, 8),
  MI25: machine('Standard_NV32as_v4', 'AMD Radeon Instinct MI25', 16),
} as const;

export const catalogs = (options: TuningRuntimeOptions = {}): Catalogs => ({
  presets: [phiPresets],
  instances: [{ name: 'machines', instances: () => Object.values(MACHINES) }],
  runtimes: [new TuningRuntime(options)],
  provisioner: {
    name: 'karpenter',
    retired: 'warn',
    nodeSelector: ({ namespace, name }) => ({ 'kaito.sh/workspace': name, 'kaito.sh/workspacenamespace': namespace }),
  },
  today: '2026-11-22',
});

export const DOLLY =
  'https://huggingface.co/datasets/philschmid/dolly-15k-oai-style/resolve/main/data/train-00000-of-00001-54e3756291ca09c6.parquet?download=true';

export interface Asked {
  readonly name?: string;
  readonly instanceType?: string;
  readonly tuning?: Partial<NonNullable<Workspace['tuning']>>;
}

/** The quick-start tuning Workspace, changed in what a test is about. */
export function aTuning({
  name = 'tune-phi-3',
  instanceType = 'Standard_NC6s_v3',
  tuning = {},
}: Asked = {}): Workspace {
  return {
    apiVersion: 'kaito.sh/v1alpha1',
    kind: 'Workspace',
    metadata: { name, namespace: 'default' },
    resource: { instanceType, labelSelector: { matchLabels: { app: 'phi-3-adapter' } } },
    tuning: {
      preset: { name: 'phi-3-mini-128k-instruct' },
      method: 'qlora',
      input: { urls: [DOLLY] },
      output: { image: 'registry.example/phi-3-adapter:0.0.1', imagePushSecret: 'push' },
      ...tuning,
    },
  } as Workspace;
}

/** @throws when it is refused */
export function aPlan(asked: Asked = {}, options: TuningRuntimeOptions = {}): Plan {
  const decision = plan(aTuning(asked), catalogs(options));
  if (!decision.feasible) throw new Error(`${decision.field}: ${decision.message}`);
  return decision;
}
