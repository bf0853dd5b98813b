import {
  type Catalogs,
  gib,
  type InstanceType,
  type ModelPreset,
  type Plan,
  plan,
  type RuntimeNeed,
  type Workspace,
} from '@kaito-sdk/core';
import { phi3Mini4kInstruct, phiPresets } from '@kaito-sdk/presets-phi';
import { PresetImageRuntime, VllmRuntime } from '@kaito-sdk/runtime-inference';

const machine = (
  name: string,
  model: string,
  gpuGib: number,
  computeCapability: number | undefined,
  count = 1,
): InstanceType => ({
  name,
  gpu: {
    vendor: computeCapability === undefined ? 'amd' : 'nvidia',
    model,
    count,
    memoryBytes: gib(gpuGib),
    ...(computeCapability === undefined ? {} : { computeCapability }),
  },
  prices: [],
  source: 'as in the Azure catalog',
});

/** Machines by GPU, with the figures of the Azure catalog. */
export const MACHINES = {
  K80: machine('Standard_NC6', 'NVIDIA K80', 12, 3.7),
  M60: machine('Standard_NV12s_v3', 'NVIDIA M60', 8, 5.2),
  P100: machine('Standard_NC6s_v2', 'NVIDIA P100', 16, 6),
  V100: machine('Standard_NC6s_v3', 'NVIDIA V100', 16, 7),
  V100x4: machine('Standard_NC24s_v3', 'NVIDIA V100', 16, 7, 4),
  T4: machine('Standard_NC4as_T4_v3', 'NVIDIA T4', 16, 7.5),
  T4x4: machine('Standard_NC64as_T4_v3', 'NVIDIA T4', 16, 7.5, 4),
  A100: machine('Standard_NC24ads_A100_v4', 'NVIDIA A100', 80, 8),
  H100x8: machine('Standard_ND96isr_H100_v5', 'NVIDIA H100', 80, 9, 8),
  MI25: machine('Standard_NV32as_v4', 'AMD Radeon Instinct MI25', 16, undefined),
} as const;

export const presetImage = new PresetImageRuntime();
export const vllm = new VllmRuntime();

export const catalogs: Catalogs = {
  presets: [phiPresets],
  instances: [{ name: 'machines', instances: () => Object.values(MACHINES) }],
  runtimes: [presetImage, vllm],
  provisioner: {
    name: 'karpenter',
    retired: 'warn',
    nodeSelector: ({ namespace, name }) => ({ 'kaito.sh/workspace': name, 'kaito.sh/workspacenamespace': namespace }),
  },
  today: '2026-11-22',
};

export interface Asked {
  readonly instanceType?: string;
  readonly preset?: string;
  readonly count?: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The quick-start Workspace, changed in what a test is about. */
export function aWorkspace({
  instanceType = 'Standard_NC6s_v3',
  preset = 'phi-3-mini-4k-instruct',
  count,
  annotations,
}: Asked = {}): Workspace {
  return {
    apiVersion: 'kaito.sh/v1alpha1',
    kind: 'Workspace',
    metadata: { name: 'workspace-phi-3-mini', namespace: 'default', ...(annotations ? { annotations } : {}) },
    resource: {
      instanceType,
      labelSelector: { matchLabels: { apps: 'phi-3' } },
      ...(count === undefined ? {} : { count }),
    },
    inference: { preset: { name: preset } },
  };
}

export function aPlan(asked: Asked = {}, given: Catalogs = catalogs): Plan {
  const decision = plan(aWorkspace(asked), given);
  if (!decision.feasible) throw new Error(`expected a Plan, got ${decision.code}: ${decision.message}`);
  return decision;
}

export function aNeed(
  machine: keyof typeof MACHINES,
  preset: ModelPreset = phi3Mini4kInstruct,
  workspace = aWorkspace(),
): RuntimeNeed {
  return { workspace, preset, instance: MACHINES[machine], nodes: 1 };
}
