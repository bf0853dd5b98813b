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
import { type AdapterEngine, adapterObjects, adapterPod } from '../adapters/adapter-pod.js';
import {
  BASE_MODEL_ANNOTATION,
  MAX_LORAS_ANNOTATION,
  MAX_RANK_ANNOTATION,
  rankWarnings,
  slotWarnings,
} from '../adapters/annotations.js';
import { exchangesLive, liveAdapters, readSidecar, SIDECARS } from '../adapters/live.js';
import { observeAdapters } from '../adapters/observe-adapters.js';
import { plannedAdapters, readAdapters } from '../adapters/read-adapters.js';
import { assess } from '../assess/assess.js';
import { computeTypeWarnings } from '../gpu/dtype.js';
import { imageReference } from '../image-reference.js';
import { WORKLOAD_ANNOTATIONS, workloadWarnings } from '../workload/annotations.js';
import { type KubeVolume, together } from '../workload/pod.js';
import { probes } from '../workload/probes.js';
import { renderWorkload } from '../workload/render-workload.js';
import { nameTooLong } from '../workload/stateful-set.js';
import { KNOWN_ARCHITECTURES, LISTED_TAG, MISSING_ARCHITECTURES } from './architectures.js';
import { vllmArguments, vllmDtype } from './arguments.js';
import { FILES_FOLDER, filesConfigMap, filesConfigMapName, filesHash } from './files.js';
import { COMBINED, chatModel, maxLoraRank, WIDEST_RANK } from './lora.js';
import { MULTI_NODE, multiNodePod } from './multi-node.js';
import { idleGpuWarnings } from './parallelism.js';
import { vllmSizing } from './sizing.js';
import { startLimit } from './start-limit.js';
import { modelPath, WEIGHTS_ANNOTATION, weightsImage, weightsNotice, weightsPod } from './weights-image.js';

export interface VllmOptions {
  /** @default 'docker.io', where pulls are limited and which restricted networks do not reach: set a mirror there */
  readonly registry?: string;
  /** @default 'vllm/vllm-openai' */
  readonly repository?: string;
  /** A tag, of an image whose vLLM and torch have kernels for {@link VllmOptions.minimumCapability}. @default 'v0.25.1', as KAITO v0.12.0 */
  readonly tag?: string;
  /** Lowest CUDA compute capability that the image is built for. @default 7.5 */
  readonly minimumCapability?: number;
  /** Secrets to pull with, in the namespace of each Workspace. */
  readonly pullSecrets?: readonly string[];
  readonly adapters?: AdapterOptions;
  /**
   * Most nodes that one copy of a model is dealt over, by pipeline parallelism on Ray. Experimental: rendered and checked, never run
   * on hardware. @default 1: none
   */
  readonly longestPipeline?: number;
}

const PORT = 5000;
const WEIGHTS_FOLDER = '/workspace/weights';
const CONFIG_FOLDER = '/mnt/config';
const CONFIG_FIELD = 'inference.config';
const TOKEN_FIELD = 'inference.preset.presetOptions.modelAccessSecret';

/** `vllm serve`, by the script that adds the user's settings, by the one that gathers several nodes. */
function command({ workspace, pipeline = 1 }: RuntimeNeed): readonly string[] {
  return [
    ...(pipeline > 1 ? ['/bin/sh', MULTI_NODE, 'serve'] : []),
    ...(workspace.inference?.config ? ['python3', `${FILES_FOLDER}/kaito_serve.py`] : []),
    'vllm',
    'serve',
  ];
}

/** The user's ConfigMap, and of it the one key that counts. */
function configVolume({ engine }: Plan): readonly KubeVolume[] {
  if (engine.config === undefined) return [];
  const key = 'inference_config.yaml';
  const source = { configMap: { name: engine.config, items: [{ key, path: key }] } };
  return [{ name: 'config-volume', source, mountPath: CONFIG_FOLDER, readOnly: true }];
}

function tokenSecret({ inference }: Workspace): string | undefined {
  return inference?.preset?.presetOptions?.modelAccessSecret || undefined;
}

/** vLLM lays one adapter over a request and does not weigh it. */
function vllmAdapters({ engine }: Plan): AdapterEngine {
  const { items = [], live = false } = engine.adapters ?? {};
  const slots = Number(engine.args?.[engine.args.indexOf('--max-loras') + 1]);
  return {
    weighs: () => false,
    // Where they are exchanged, what answers /chat keeps its name however many there are.
    ...(items.length > 1 || live ? { combined: COMBINED } : {}),
    ...(live ? { slots, port: engine.port } : {}),
  };
}

/** Where the middleware says that what answers `/chat` is there: the sidecar brings it when the engine is up. */
const READY_PATH = '/ready';

/** vLLM's own server with `/chat` in front. Weights come from a hub at start, or from an image. Preferred wherever its image has kernels for the GPU. */
export class VllmRuntime implements Runtime {
  readonly name = 'vllm';
  readonly kind = 'inference';
  readonly preference = 20;
  readonly reads = {
    fields: ['inference.adapters', CONFIG_FIELD, TOKEN_FIELD],
    annotations: [
      ...WORKLOAD_ANNOTATIONS,
      BASE_MODEL_ANNOTATION,
      MAX_RANK_ANNOTATION,
      MAX_LORAS_ANNOTATION,
      WEIGHTS_ANNOTATION,
    ],
  };
  readonly logs = { containers: SIDECARS, read: readSidecar };
  readonly liveAdapters = liveAdapters(vllmAdapters);

  readonly longestPipeline: number;

  constructor(private readonly options: VllmOptions = {}) {
    this.longestPipeline = options.longestPipeline ?? 1;
  }

  supports({ preset, instance, workspace, nodes }: RuntimeNeed): Supported | Unsupported {
    const adapters = readAdapters(workspace, this.options.adapters ?? {});
    if (adapters.kind === 'refused') return { supported: false, reason: adapters.reason, remedy: adapters.remedy };
    if (adapters.kind === 'adapters' && adapters.items.some(({ name }) => name === preset.name)) {
      return {
        supported: false,
        reason: `an adapter has the name of the model, ${preset.name}, and requests choose by it`,
        remedy: 'Rename the adapter in source.name.',
      };
    }
    const { computeCapability: capability, model: gpu } = instance.gpu;
    const minimum = this.options.minimumCapability ?? 7.5;
    if (capability === undefined || capability < minimum) {
      const has = capability === undefined ? 'has no CUDA' : `has compute capability ${capability.toFixed(1)}`;
      return {
        supported: false,
        reason: `${gpu} ${has}, and the image is built for ${minimum.toFixed(1)} and above`,
        remedy: 'Choose an instance type with a newer GPU, or an image that is built for this one.',
      };
    }
    const from = weightsImage(workspace);
    if (from === 'wrong') {
      return {
        supported: false,
        reason: `the annotation ${WEIGHTS_ANNOTATION} is no image`,
        remedy: 'Write it as REFERENCE, or as REFERENCE!/FOLDER where the weights do not lie under /data.',
      };
    }
    if (from === undefined && preset.weights.gated && tokenSecret(workspace) === undefined) {
      return {
        supported: false,
        reason: `${preset.weights.repository} asks for an access token, and none is given`,
        remedy: `Put the token into a Secret under the key HF_TOKEN and name it in ${TOKEN_FIELD}.`,
      };
    }
    const tooLong = nameTooLong(workspace, Math.max(nodes, this.longestPipeline));
    if (tooLong) return tooLong;
    const { architecture } = preset.model;
    if (this.tag() === LISTED_TAG && MISSING_ARCHITECTURES.has(architecture)) {
      return {
        supported: false,
        reason: `vLLM ${LISTED_TAG} does not implement ${architecture}`,
        remedy: 'Choose another model, or set the tag of an image that implements it.',
      };
    }
    const unknown = KNOWN_ARCHITECTURES.has(architecture) ? [] : [`whether ${this.image()} implements ${architecture}`];
    return {
      supported: true,
      because: `its image has kernels for compute capability ${capability.toFixed(1)}, and it serves many requests at once`,
      warnings: [
        ...computeTypeWarnings(preset, capability),
        ...idleGpuWarnings(preset.model, instance),
        ...workloadWarnings(workspace),
        ...rankWarnings(workspace, WIDEST_RANK),
        ...slotWarnings(workspace),
        ...(from === undefined ? [] : [weightsNotice(from, this.imageVolumes)]),
      ],
      unchecked: [
        `whether the registry serves ${this.image()}, and with which digest`,
        ...unknown,
        ...(from === undefined
          ? []
          : [`whether ${from.folder} of ${from.image} holds ${preset.name}, and which revision of it`]),
      ],
      unverified: [
        `that the image has kernels for compute capability ${minimum.toFixed(1)} and above: by the builds of the torch it is made with, not tried on a GPU`,
        `the memory of ${this.name}: by arithmetic, never measured on a GPU`,
      ],
    };
  }

  sizing(need: RuntimeNeed): MemoryDemand {
    return vllmSizing(need, this.live(need));
  }

  configure(need: RuntimeNeed, fit: EngineFit): EngineSpec {
    const { pullSecrets } = this.options;
    const { preset, workspace } = need;
    const read = readAdapters(workspace, this.options.adapters ?? {});
    const config = workspace.inference?.config || undefined;
    const token = tokenSecret(workspace);
    const found = weightsImage(workspace);
    const from = found === 'wrong' ? undefined : found;
    const count = read.kind === 'adapters' ? read.items.length : 0;
    const engine = { maxRank: maxLoraRank(need, count), live: this.live(need) };
    const { adapters } = plannedAdapters(read, preset, workspace, engine);
    return {
      image: this.image(),
      weights: from === undefined ? 'hub' : 'image',
      ...(pullSecrets && pullSecrets.length > 0 ? { pullSecrets } : {}),
      command: command(need),
      ...(config === undefined ? {} : { config }),
      args: vllmArguments(need, fit, PORT, { adapters, model: from && modelPath(from, this.imageVolumes) }),
      env: [
        // All that is fetched lands on the volume: weights, tokenizer and configuration.
        { name: 'HF_HOME', value: WEIGHTS_FOLDER },
        { name: 'PYTHONPATH', value: FILES_FOLDER },
        // Nothing else is to be fetched where the weights are there already.
        ...(from === undefined ? [] : [{ name: 'HF_HUB_OFFLINE', value: '1' }]),
        // No report about the cluster to a third party.
        { name: 'VLLM_NO_USAGE_STATS', value: '1' },
        // By which model /chat answers when the request names none.
        ...(adapters ? [{ name: 'KAITO_CHAT_MODEL', value: chatModel(adapters) }] : []),
        // The paths by which adapters come and go; the middleware keeps everybody from them but this pod's own loopback.
        ...(adapters?.live ? [{ name: 'VLLM_ALLOW_RUNTIME_LORA_UPDATING', value: '1' }] : []),
      ],
      ...(token === undefined ? {} : { secretEnv: [{ name: 'HF_TOKEN', secret: token, key: 'HF_TOKEN' }] }),
      ...(adapters ? { adapters } : {}),
      port: PORT,
      healthPath: '/health',
      dtype: vllmDtype(need),
      contextLength: fit.contextLength,
      startupSeconds: startLimit(need.preset),
    };
  }

  render(plan: Plan, workspace: Workspace): readonly KubeObject[] {
    const from = weightsImage(workspace);
    const weights = from === undefined || from === 'wrong' ? {} : weightsPod(from, this.imageVolumes);
    const own = together(
      {
        sharedMemory: true,
        volumes: [
          { name: 'model-weights-volume', source: { emptyDir: {} }, mountPath: WEIGHTS_FOLDER },
          {
            name: 'chat',
            source: { configMap: { name: filesConfigMapName(plan) } },
            mountPath: FILES_FOLDER,
            readOnly: true,
          },
          ...configVolume(plan),
        ],
        podAnnotations: { 'kaito.sh/chat-hash': filesHash(plan) },
        ...(plan.engine.adapters?.live ? { probes: probes(plan.engine, { readyPath: READY_PATH }) } : {}),
      },
      adapterPod(plan, vllmAdapters(plan), this.options.adapters ?? {}),
    );
    const parts = (group: string) => together(together(weights, own), multiNodePod(plan, group));
    const before = [filesConfigMap(plan), ...adapterObjects(plan, vllmAdapters(plan))];
    return renderWorkload(plan, workspace, parts, before);
  }

  adapters(observed: ObservedWorkload): readonly AdapterStatus[] {
    return observeAdapters(observed, this.liveAdapters.wanted(observed.plan));
  }

  assess(observed: ObservedWorkload): Assessment {
    return assess(observed);
  }

  private get imageVolumes(): boolean {
    return this.options.adapters?.imageVolumes ?? false;
  }

  /** Whether adapters are exchanged under the engine. */
  private live(need: RuntimeNeed): boolean {
    const { workspace, nodes, pipeline = 1 } = need;
    const adapters = workspace.inference?.adapters?.length ?? 0;
    const about = { nodes, image: this.image(), adapters, rank: maxLoraRank(need, adapters) };
    return pipeline === 1 && exchangesLive(workspace, about, this.options.adapters ?? {});
  }

  private image(): string {
    const { registry = 'docker.io', repository = 'vllm/vllm-openai' } = this.options;
    return imageReference(registry, repository, this.tag());
  }

  private tag(): string {
    return this.options.tag ?? LISTED_TAG;
  }
}
