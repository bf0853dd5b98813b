import {
  type AdapterStatus,
  type Assessment,
  bytes,
  type EngineFit,
  type EngineSpec,
  type KubeObject,
  type MemoryDemand,
  type ObservedWorkload,
  type Plan,
  type Runtime,
  type RuntimeNeed,
  type Supported,
  type Unsupported,
  type Workspace,
} from '@kaito-sdk/core';
import type { AdapterOptions } from '../adapters/adapter-options.js';
import { ADAPTER_FOLDER, adapterPod } from '../adapters/adapter-pod.js';
import { adapterVariables, hasVariable } from '../adapters/adapter-variables.js';
import { BASE_MODEL_ANNOTATION } from '../adapters/annotations.js';
import { observeAdapters } from '../adapters/observe-adapters.js';
import { plannedAdapters, readAdapters } from '../adapters/read-adapters.js';
import { assess } from '../assess/assess.js';
import { WORKLOAD_ANNOTATIONS, workloadWarnings } from '../workload/annotations.js';
import { type PodParts, together } from '../workload/pod.js';
import { renderWorkload } from '../workload/render-workload.js';
import { nameTooLong } from '../workload/stateful-set.js';
import { GGUF_ANNOTATION, GGUF_FORMS, modelSource } from './model-source.js';
import { llamacppSizing } from './sizing.js';

export interface LlamacppOptions {
  /** @default 'ghcr.io' */
  readonly registry?: string;
  readonly pullSecrets?: readonly string[];
  readonly adapters?: AdapterOptions;
}

/** Apart from the operator's version, as the loader's: an upgrade that brings the same server restarts nothing. */
const IMAGE = 'kaito-sdk/inference-server:v1';
const MODEL_IN_IMAGE = '/models/kaito-tiny-phi3.gguf';
const MODEL_FOLDER = '/mnt/model';
const PORT = 5000;
/** A processor reads a prompt slowly, and the cache of a longer one is in the node's own memory, which nobody planned. */
const LONGEST_CONTEXT = 4096;

/** Our own server over llama.cpp, on the processor: for development and small models. Taken only where it is asked for by name. */
export class LlamacppRuntime implements Runtime {
  readonly name = 'llamacpp';
  readonly kind = 'inference';
  readonly preference = 0;
  readonly onlyWhenAsked = true;
  readonly memory = 'machine';
  readonly reads = {
    fields: ['inference.adapters'],
    annotations: [...WORKLOAD_ANNOTATIONS, BASE_MODEL_ANNOTATION, GGUF_ANNOTATION],
  };

  constructor(private readonly options: LlamacppOptions = {}) {}

  supports({ workspace, nodes, instance }: RuntimeNeed): Supported | Unsupported {
    const adapters = readAdapters(workspace, this.options.adapters ?? {});
    if (adapters.kind === 'refused') return { supported: false, reason: adapters.reason, remedy: adapters.remedy };
    const source = modelSource(workspace);
    if (!source) {
      return {
        supported: false,
        reason: `llamacpp serves a GGUF file, and the annotation ${GGUF_ANNOTATION} does not say which`,
        remedy: `Set it to ${GGUF_FORMS}.`,
      };
    }
    const tooLong = nameTooLong(workspace, nodes);
    if (tooLong) return tooLong;
    const stays = 'llamacpp computes on the processor: the GPUs of the node stay idle.';
    const tiny =
      'The tiny demonstration model answers, whatever model is named: it shows the machinery, not a language skill.';
    return {
      supported: true,
      because: 'it is asked for by name',
      warnings: [
        ...(instance.gpu.count > 0 ? [{ code: 'GpusIdle', message: stays }] : []),
        ...(source.kind === 'tiny' ? [{ code: 'DemonstrationModel', message: tiny }] : []),
        ...workloadWarnings(workspace),
      ],
      unchecked: [
        'whether the GGUF file holds the model that is named',
        ...(instance.memoryBytes === undefined ? ["whether it fits the node's own memory"] : []),
      ],
      unverified: [`the memory of ${this.name}: by arithmetic, measured with the demonstration model only`],
    };
  }

  sizing(need: RuntimeNeed): MemoryDemand {
    if (need.instance.memoryBytes !== undefined) return llamacppSizing(need);
    const nothing = {
      name: 'nothing',
      bytes: bytes(1),
      source: "the model is in the node's own memory, of which the catalog says nothing",
    };
    return { utilization: 1, fixed: [], perToken: [nothing], perTokenSquared: [], minimumContext: 1 };
  }

  configure({ preset, workspace }: RuntimeNeed, fit: EngineFit): EngineSpec {
    const { registry = 'ghcr.io', pullSecrets = [] } = this.options;
    const source = modelSource(workspace);
    const adapters = readAdapters(workspace, this.options.adapters ?? {});
    const contextLength = Math.min(fit.contextLength, LONGEST_CONTEXT);
    const model = source === undefined || source.kind === 'tiny' ? MODEL_IN_IMAGE : `${MODEL_FOLDER}/${source.file}`;
    return {
      image: `${registry.replace(/\/+$/, '')}/${IMAGE}`,
      weights: 'image',
      ...(pullSecrets.length > 0 ? { pullSecrets } : {}),
      command: ['kaito-inference-server'],
      args: [
        ...['--model', model, '--served-model-name', preset.name],
        ...['--host', '0.0.0.0', '--port', String(PORT), '--context', String(contextLength)],
        ...(adapters.kind === 'adapters' ? ['--adapters-folder', ADAPTER_FOLDER] : []),
      ],
      env: adapters.kind === 'adapters' ? adapterVariables(adapters.items) : [],
      ...plannedAdapters(adapters, preset, workspace),
      port: PORT,
      healthPath: '/health',
      dtype: 'gguf',
      contextLength,
      startupSeconds: 1800,
    };
  }

  render(plan: Plan, workspace: Workspace): readonly KubeObject[] {
    const adapters = adapterPod(plan, { weighs: hasVariable }, this.options.adapters ?? {});
    return renderWorkload(plan, workspace, together({ gpus: false, ...modelPod(workspace) }, adapters));
  }

  adapters(observed: ObservedWorkload): readonly AdapterStatus[] {
    return observeAdapters(observed);
  }

  assess(observed: ObservedWorkload): Assessment {
    return assess(observed);
  }
}

/** What brings the model's file into the pod. */
function modelPod(workspace: Workspace): PodParts {
  const source = modelSource(workspace);
  if (source === undefined || source.kind === 'tiny') return {};
  const volume = { name: 'model', mountPath: MODEL_FOLDER, readOnly: true };
  if (source.kind === 'claim') {
    return { volumes: [{ ...volume, source: { persistentVolumeClaim: { claimName: source.claim, readOnly: true } } }] };
  }
  return {
    volumes: [{ ...volume, source: { emptyDir: {} } }],
    initContainers: [
      {
        name: 'model',
        image: source.image,
        command: ['/bin/sh', '-c', `cp -R /data/. ${MODEL_FOLDER}/`],
        securityContext: { allowPrivilegeEscalation: false },
        terminationMessagePolicy: 'FallbackToLogsOnError',
        volumeMounts: [{ name: 'model', mountPath: MODEL_FOLDER }],
      },
    ],
  };
}
