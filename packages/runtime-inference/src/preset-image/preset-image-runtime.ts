import type {
  AdapterStatus,
  Assessment,
  EngineFit,
  EngineSpec,
  KubeObject,
  MemoryDemand,
  ObservedWorkload,
  Plan,
  Runtime,
  RuntimeNeed,
  Supported,
  Unsupported,
  Workspace,
} from '@kaito-sdk/core';
import type { AdapterOptions } from '../adapters/adapter-options.js';
import { adapterPod } from '../adapters/adapter-pod.js';
import { adapterVariables, hasVariable } from '../adapters/adapter-variables.js';
import { BASE_MODEL_ANNOTATION } from '../adapters/annotations.js';
import { observeAdapters } from '../adapters/observe-adapters.js';
import { plannedAdapters, readAdapters } from '../adapters/read-adapters.js';
import { assess } from '../assess/assess.js';
import { computeType, computeTypeWarnings } from '../gpu/dtype.js';
import { imageReference } from '../image-reference.js';
import { WORKLOAD_ANNOTATIONS, workloadWarnings } from '../workload/annotations.js';
import { together } from '../workload/pod.js';
import { renderWorkload } from '../workload/render-workload.js';
import { nameTooLong } from '../workload/stateful-set.js';
import { type ImageFacts, imageFacts } from './image-facts.js';
import { presetImageSizing } from './sizing.js';

export interface PresetImageOptions {
  /** Where the images `kaito-<preset>` lie. @default 'mcr.microsoft.com/aks/kaito' */
  readonly registry?: string;
  /** Secrets to pull with, in the namespace of each Workspace. @default none: the registry is public */
  readonly pullSecrets?: readonly string[];
  readonly adapters?: AdapterOptions;
}

/** The torch 2.2.0 inside the 0.0.x images is built for these. */
const CAPABILITIES = { from: 6, to: 9 } as const;
const UNVERIFIED_CAPABILITIES =
  'that the image has kernels for compute capability 6.0 to 9.0: read off the contents of tag 0.0.2 (torch 2.2.0, by KAITO v0.3.2), not tried on a GPU';

/**
 * KAITO's images that hold a model's weights and its own `/chat` server. What a V100 gets: newer engines have no kernels for it.
 * The server computes one request at a time with eager attention, so its context is short and its preference low.
 */
export class PresetImageRuntime implements Runtime {
  readonly name = 'preset-image';
  readonly aliases = ['transformers'] as const;
  readonly kind = 'inference';
  readonly preference = 10;
  readonly reads = {
    fields: ['inference.adapters'],
    annotations: [...WORKLOAD_ANNOTATIONS, BASE_MODEL_ANNOTATION],
  };

  constructor(private readonly options: PresetImageOptions = {}) {}

  supports({ preset, instance, workspace, nodes }: RuntimeNeed): Supported | Unsupported {
    const facts = imageFacts(preset, this.name);
    if (!facts) {
      return {
        supported: false,
        reason: `${preset.name} has no image with a server inside`,
        remedy: 'Choose a preset that has one, or leave the choice of the runtime to the planner.',
      };
    }
    const adapters = readAdapters(workspace, this.options.adapters ?? {});
    if (adapters.kind === 'refused') return { supported: false, reason: adapters.reason, remedy: adapters.remedy };
    const tooLong = nameTooLong(workspace, nodes);
    if (tooLong) return tooLong;
    const { computeCapability: capability, model: gpu } = instance.gpu;
    if (capability === undefined || capability < CAPABILITIES.from || Math.floor(capability) > CAPABILITIES.to) {
      const has = capability === undefined ? 'has no CUDA' : `has compute capability ${capability.toFixed(1)}`;
      return {
        supported: false,
        reason: `${gpu} ${has}, and the image is built for ${CAPABILITIES.from}.0 to ${CAPABILITIES.to}.0`,
        remedy: 'Choose an instance type with another GPU.',
      };
    }
    return {
      supported: true,
      because: `its image has kernels for compute capability ${capability.toFixed(1)}, and holds the weights and the /chat server`,
      warnings: [...computeTypeWarnings(preset, capability), ...workloadWarnings(workspace)],
      unchecked: [
        `whether the registry still serves ${this.image(facts)}, and with which digest`,
        'which commit of the weights is inside the image',
      ],
      unverified: [UNVERIFIED_CAPABILITIES, `the memory of ${this.name}: by arithmetic, never measured on a GPU`],
    };
  }

  sizing(need: RuntimeNeed): MemoryDemand {
    return presetImageSizing(need);
  }

  configure({ preset, instance, workspace }: RuntimeNeed, { contextLength }: EngineFit): EngineSpec {
    const facts = imageFacts(preset, this.name);
    if (!facts) throw new Error(`${preset.name} has no facts for ${this.name}: supports() must be asked first`);
    const dtype = computeType(preset, instance.gpu.computeCapability ?? 0);
    const { pullSecrets } = this.options;
    const adapters = readAdapters(workspace, this.options.adapters ?? {});
    return {
      image: this.image(facts),
      weights: 'image',
      ...(pullSecrets && pullSecrets.length > 0 ? { pullSecrets } : {}),
      command: ['/bin/sh', '-c', launch(facts, dtype)],
      // The server weighs each adapter by the variable with its name.
      env: adapters.kind === 'adapters' ? adapterVariables(adapters.items) : [],
      ...plannedAdapters(adapters, preset, workspace),
      workingDir: '/workspace/tfs',
      port: 5000,
      healthPath: '/healthz',
      dtype,
      contextLength,
      startupSeconds: 1800,
    };
  }

  render(plan: Plan, workspace: Workspace): readonly KubeObject[] {
    const parts = {
      // KAITO v0.3.2 mounts it for several nodes only; several GPUs of one node exchange tensors through it as well.
      sharedMemory: plan.nodes.count > 1 || plan.nodes.gpusPerNode > 1,
    };
    return renderWorkload(
      plan,
      workspace,
      together(parts, adapterPod(plan, { weighs: hasVariable }, this.options.adapters ?? {})),
    );
  }

  adapters(observed: ObservedWorkload): readonly AdapterStatus[] {
    return observeAdapters(observed);
  }

  assess(observed: ObservedWorkload): Assessment {
    return assess(observed);
  }

  private image({ repository, tag }: ImageFacts): string {
    return imageReference(this.options.registry ?? 'mcr.microsoft.com/aks/kaito', repository, tag);
  }
}

/** KAITO v0.3.2's command, in a fixed order. The type is always said: `auto` would be bfloat16, which a V100 does not have. */
function launch({ pipeline, trustRemoteCode }: ImageFacts, dtype: string): string {
  return [
    'accelerate launch --num_processes=1 --num_machines=1 --machine_rank=0 --gpu_ids=all inference_api.py',
    `--pipeline=${pipeline}`,
    `--torch_dtype=${dtype}`,
    ...(trustRemoteCode ? ['--trust_remote_code'] : []),
  ].join(' ');
}
