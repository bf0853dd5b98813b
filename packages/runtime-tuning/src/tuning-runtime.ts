import type {
  Assessment,
  EngineFit,
  EngineSpec,
  KubeObject,
  MemoryDemand,
  Notice,
  ObservedWorkload,
  Plan,
  PlannedTuning,
  Runtime,
  RuntimeNeed,
  Supported,
  TuningOutcome,
  Unsupported,
  Workspace,
} from '@kaito-sdk/core';
import { assess } from './assess/assess.js';
import { outcomeOf } from './assess/outcome.js';
import { computeType } from './compute-type.js';
import { type ImageSettings, toolsImage, trainerFor } from './images.js';
import { ownConfig, plannedTuning } from './planned-tuning.js';
import { PLACES } from './programs/task.js';
import { readProgress } from './progress.js';
import { checkJob } from './render/check-job.js';
import { configMap } from './render/config-map.js';
import type { PodPolicy, Rendering } from './render/rendering.js';
import { tuningJob } from './render/tuning-job.js';
import { CHECKPOINTS } from './render/volumes.js';
import { LONGEST_SAMPLE, tuningSizing } from './sizing.js';

export interface TuningRuntimeOptions extends ImageSettings, PodPolicy {
  /** Secrets to pull the images with, in the namespace of each Workspace. */
  readonly pullSecrets?: readonly string[];
  /** How often a pod that failed is followed by another one. @default 3 */
  readonly retries?: number;
}

/** LoRA and QLoRA as a Job: data in, the adapter out as an image. */
export class TuningRuntime implements Runtime {
  readonly name = 'trainer';
  readonly kind = 'tuning';
  readonly preference = 10;
  readonly privateDataUrls: boolean;
  /** The training says how it goes, and after it the pusher. */
  readonly logs = { containers: ['trainer', 'pusher'], read: readProgress };
  readonly reads = {
    fields: [
      'tuning.method',
      'tuning.config',
      'tuning.input',
      'tuning.output',
      'tuning.preset.presetOptions.modelAccessSecret',
    ],
    annotations: [CHECKPOINTS],
  };

  constructor(private readonly options: TuningRuntimeOptions = {}) {
    this.privateDataUrls = options.privateDataUrls ?? false;
  }

  supports({ preset, instance, workspace }: RuntimeNeed): Supported | Unsupported {
    const { computeCapability: capability, model: gpu } = instance.gpu;
    const build = trainerFor(capability, this.options);
    if (!build || capability === undefined) {
      const has = capability === undefined ? 'has no CUDA' : `has compute capability ${capability.toFixed(1)}`;
      return {
        supported: false,
        reason: `${gpu} ${has}, and the builds of the training program are for 7.0 and above`,
        remedy: 'Choose an instance type with a newer GPU.',
      };
    }
    if (preset.model.quantization !== undefined) {
      return {
        supported: false,
        reason: `the weights of ${preset.name} are published in ${preset.model.quantization.bits} bit, and adapters are trained on whole ones`,
        remedy: 'Choose the model it was made from.',
      };
    }
    const { modelAccessSecret } = workspace.tuning?.preset?.presetOptions ?? {};
    if (preset.weights.gated && !modelAccessSecret) {
      return {
        supported: false,
        reason: `${preset.weights.repository} asks for an access token`,
        remedy: 'Name a Secret with the key HF_TOKEN in tuning.preset.presetOptions.modelAccessSecret.',
      };
    }
    const config = ownConfig(workspace.tuning ?? {});
    const secret = workspace.tuning?.output?.imagePushSecret;
    const claim = workspace.metadata.annotations?.[CHECKPOINTS];
    return {
      supported: true,
      because: `its ${build.name} build (torch ${build.torch}) has kernels for compute capability ${capability.toFixed(1)}`,
      warnings: [...this.warnings(preset.name, preset.model, capability)],
      unchecked: [
        `whether the registry serves ${build.image} and ${toolsImage(this.options)}`,
        'the data: a pod without a GPU looks at it before the node is asked for',
        ...(secret ? [`whether Secret ${secret} may push: the same pod tries it`] : []),
        ...(claim ? [`whether PersistentVolumeClaim ${claim} is there, and can be mounted on the node`] : []),
        ...(config
          ? [`ConfigMap ${config}: another rank, batch or length of samples than the template's needs other memory`]
          : []),
      ],
      unverified: [
        `the memory of ${this.name}: by arithmetic, never measured on a GPU`,
        `that the ${build.name} build trains on a GPU: its program was run on the processor only`,
      ],
    };
  }

  sizing(need: RuntimeNeed): MemoryDemand {
    return tuningSizing(need);
  }

  configure(need: RuntimeNeed, fit: EngineFit): EngineSpec {
    const { preset, instance } = need;
    const build = trainerFor(instance.gpu.computeCapability, this.options);
    if (!build) throw new Error(`no build for ${instance.name}: supports() must be asked first`);
    const { pullSecrets = [], retries = 3 } = this.options;
    const tuning = plannedTuning(need, toolsImage(this.options), retries);
    return {
      image: build.image,
      weights: 'hub',
      ...(pullSecrets.length > 0 ? { pullSecrets } : {}),
      command: ['python', '-m', 'kaito_trainer.supervise'],
      env: environment(tuning, preset.weights, instance.gpu.count),
      port: 5000,
      healthPath: '/metrics',
      dtype: computeType(preset.model.dtype, instance.gpu.computeCapability ?? 0),
      contextLength: Math.min(fit.contextLength, LONGEST_SAMPLE),
      startupSeconds: 3600,
      tuning,
    };
  }

  render(plan: Plan, workspace: Workspace): readonly KubeObject[] {
    const rendering = this.rendering(plan, workspace);
    return [configMap(rendering), tuningJob(rendering)];
  }

  check(plan: Plan, workspace: Workspace): KubeObject {
    return checkJob(this.rendering(plan, workspace));
  }

  assess(observed: ObservedWorkload): Assessment {
    return assess(observed);
  }

  outcome({ objects, pods }: ObservedWorkload): TuningOutcome | undefined {
    const job = objects.find(({ kind }) => kind === 'Job');
    return job && outcomeOf(job, pods);
  }

  private rendering(plan: Plan, workspace: Workspace): Rendering {
    const { tuning } = plan.engine;
    if (!tuning) throw new Error('this Plan is not one of a tuning');
    return { plan, tuning, workspace, policy: this.options };
  }

  private *warnings(name: string, { dtype }: RuntimeNeed['preset']['model'], capability: number): Iterable<Notice> {
    const used = computeType(dtype, capability);
    if (used !== dtype) {
      const message = `${name} is published in ${dtype}, which needs compute capability 8.0; at ${capability.toFixed(1)} it is trained in ${used}.`;
      yield { code: 'ComputeTypeChanged', message };
    }
  }
}

/** KAITO's variables where it has them, and what the supervisor needs. */
function environment(
  { targets }: PlannedTuning,
  { repository, revision }: RuntimeNeed['preset']['weights'],
  gpus: number,
): EngineSpec['env'] {
  const values = {
    WEIGHTS_FOLDER: PLACES.weights,
    YAML_FILE_PATH: PLACES.config,
    DATASET_FOLDER_PATH: PLACES.data,
    OUTPUT_FOLDER: PLACES.results,
    ...(targets === undefined ? {} : { DEFAULT_TARGET_MODULES: targets.join(',') }),
    BASE_MODEL: repository,
    ...(revision === undefined ? {} : { BASE_MODEL_REVISION: revision }),
    GPUS: String(gpus),
    HF_HUB_OFFLINE: '1',
    HF_HOME: '/tmp/huggingface',
    HOME: '/tmp',
    PYTORCH_CUDA_ALLOC_CONF: 'expandable_segments:True',
  };
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}
