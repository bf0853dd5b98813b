import {
  type Assessment,
  bytes,
  definePlugin,
  type EngineFit,
  type EngineSpec,
  type KubeObject,
  type MemoryDemand,
  nodeTerms,
  type ObservedWorkload,
  type Plan,
  type Runtime,
  type RuntimeNeed,
  type Supported,
  type Unsupported,
} from '@kaito-sdk/core';
import { IsString } from 'class-validator';

const PORT = 5000;
/** Share of the GPU for weights and KV cache (`--mem-fraction-static`); the rest is for activations and CUDA graphs. */
const STATIC_SHARE = 0.85;

/** SGLang, for Workspaces with the annotation `kaito.sh/runtime: sglang`. It serves the OpenAI paths, and no `/chat`. */
export class SglangRuntime implements Runtime {
  readonly name = 'sglang';
  readonly kind = 'inference';
  readonly preference = 5;
  readonly onlyWhenAsked = true;
  constructor(private readonly image: string) {}

  supports({ instance: { gpu }, preset, nodes }: RuntimeNeed): Supported | Unsupported {
    if (nodes > 1) return no(`${preset.name} would take several machines`, 'Choose a larger machine, or runtime vllm.');
    if (gpu.vendor !== 'nvidia' || (gpu.computeCapability ?? 0) < 8)
      return no(`${gpu.model} is below compute capability 8.0`, 'Choose an A10, A100, L4 or newer.');
    const unverified = ['that the image serves this model on this GPU: no GPU was at hand'];
    return { supported: true, because: 'it shares prefixes between requests', warnings: [], unverified };
  }

  sizing({ preset: { model }, instance: { gpu } }: RuntimeNeed): MemoryDemand {
    const cache = 2 * model.layers * model.kvHeads * model.headDim * 2;
    return {
      utilization: STATIC_SHARE,
      fixed: [{ name: 'weights', bytes: bytes(model.parameters * 2), source: 'two bytes a parameter' }],
      perToken: [{ name: 'KV cache', bytes: bytes(cache), source: '2 x layers x KV heads x head size x 2 bytes' }],
      perTokenSquared: [],
      minimumContext: 2048,
      shared: true,
      ...(gpu.count > 1 ? { tensorParallel: gpu.count } : {}),
    };
  }

  configure({ preset: { weights }, instance: { gpu } }: RuntimeNeed, { contextLength }: EngineFit): EngineSpec {
    const flags: Readonly<Record<string, string | number>> = {
      'model-path': weights.repository,
      ...(weights.revision === undefined ? {} : { revision: weights.revision }),
      host: '0.0.0.0',
      port: PORT,
      dtype: 'bfloat16',
      'context-length': contextLength,
      'mem-fraction-static': STATIC_SHARE,
      ...(gpu.count > 1 ? { 'tp-size': gpu.count } : {}),
    };
    const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
    return {
      image: this.image,
      weights: 'hub',
      command: ['python3', '-m', 'sglang.launch_server', ...args],
      env: [],
      port: PORT,
      healthPath: '/health',
      dtype: 'bfloat16',
      contextLength,
      startupSeconds: 1800,
    };
  }

  render({ workspace: { name, namespace }, nodes, engine }: Plan): readonly KubeObject[] {
    const labels = { 'kaito.sh/workspace': name };
    const probe = { httpGet: { path: engine.healthPath, port: engine.port }, periodSeconds: 10 };
    const container = {
      name: 'sglang',
      image: engine.image,
      command: engine.command,
      ports: [{ containerPort: engine.port }],
      startupProbe: { ...probe, failureThreshold: engine.startupSeconds / 10 },
      readinessProbe: probe,
      resources: { limits: { [nodes.gpuResource]: String(nodes.gpusPerNode) } },
      volumeMounts: [{ name: 'shm', mountPath: '/dev/shm' }],
    };
    // The nodes of this Workspace, by all labels that tie them to it, and no others.
    const ownNodes = { nodeSelectorTerms: nodeTerms(nodes) };
    const template = {
      metadata: { labels },
      spec: {
        affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: ownNodes } },
        tolerations: [{ operator: 'Exists', effect: 'NoSchedule' }],
        containers: [container],
        volumes: [{ name: 'shm', emptyDir: { medium: 'Memory' } }],
      },
    };
    const spec = { replicas: 1, selector: { matchLabels: labels }, progressDeadlineSeconds: 3600, template };
    const ports = [{ name: 'http', port: 80, targetPort: engine.port }];
    return [
      { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { selector: labels, ports } },
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace }, spec },
    ];
  }

  assess({ objects }: ObservedWorkload): Assessment {
    const deployment = objects.find(({ kind }) => kind === 'Deployment');
    const { readyReplicas } = (deployment?.status ?? {}) as { readonly readyReplicas?: unknown };
    if (typeof readyReplicas === 'number' && readyReplicas > 0) return { state: 'ready' };
    return { state: 'waiting', reason: 'EngineStarting', message: 'SGLang is loading the model.' };
  }
}

function no(reason: string, remedy: string): Unsupported {
  return { supported: false, reason, remedy };
}

/** Settings under `config["@acme/runtime-sglang"]`. */
class Settings {
  /** Your mirror of `lmsysorg/sglang`, with the tag that you have tried. */
  @IsString()
  image!: string;
}

export const sglangPlugin = definePlugin(
  { name: '@acme/runtime-sglang', apiVersion: '1', provides: ['runtime'], requires: ['presets'], config: Settings },
  ({ config, runtime }) => runtime(new SglangRuntime(config.image)),
);
