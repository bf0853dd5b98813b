import {
  type Assessment,
  bytes,
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

const IMAGE = 'registry.example.com/__NAME__:1.0.0';
const PORT = 5000;

/** Serves a model with an engine of your own. Workspaces ask for it with the annotation `kaito.sh/runtime: __NAME__`. */
export class EngineRuntime implements Runtime {
  readonly name = '__NAME__';
  readonly kind = 'inference';
  readonly preference = 5;

  supports({ preset, nodes }: RuntimeNeed): Supported | Unsupported {
    if (nodes > 1) {
      return { supported: false, reason: `${preset.name} needs several nodes`, remedy: 'Choose a larger machine.' };
    }
    return {
      supported: true,
      because: 'it serves every model that one node holds',
      warnings: [],
      unverified: ['its memory: by arithmetic, never measured'],
    };
  }

  sizing({ preset: { model } }: RuntimeNeed): MemoryDemand {
    // Keys and values of each layer, two bytes a number.
    const cache = 2 * model.layers * model.kvHeads * model.headDim * 2;
    return {
      utilization: 0.9,
      fixed: [{ name: 'weights', bytes: bytes(model.parameters * 2), source: 'two bytes a parameter' }],
      perToken: [{ name: 'KV cache', bytes: bytes(cache), source: '2 x layers x KV heads x head size x 2 bytes' }],
      perTokenSquared: [],
      minimumContext: 512,
    };
  }

  configure({ preset }: RuntimeNeed, { contextLength }: EngineFit): EngineSpec {
    return {
      image: IMAGE,
      weights: 'hub',
      command: ['serve', '--model', preset.weights.repository, '--context', String(contextLength)],
      env: [],
      port: PORT,
      healthPath: '/healthz',
      dtype: 'float16',
      contextLength,
      startupSeconds: 1200,
    };
  }

  render({ workspace: { name, namespace }, nodes, engine }: Plan): readonly KubeObject[] {
    const labels = { 'kaito.sh/workspace': name };
    // The nodes of this Workspace, by all labels that tie them to it, and no others.
    const ownNodes = { nodeSelectorTerms: nodeTerms(nodes) };
    const probe = { httpGet: { path: engine.healthPath, port: engine.port } };
    return [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, namespace },
        spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: engine.port }] },
      },
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name, namespace },
        spec: {
          replicas: nodes.count,
          selector: { matchLabels: labels },
          // Longer than the engine may take, or the Deployment gives up first.
          progressDeadlineSeconds: engine.startupSeconds + 600,
          template: {
            metadata: { labels },
            spec: {
              affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: ownNodes } },
              containers: [
                {
                  name: 'engine',
                  image: engine.image,
                  command: engine.command,
                  ports: [{ containerPort: engine.port }],
                  startupProbe: {
                    ...probe,
                    periodSeconds: 10,
                    failureThreshold: Math.ceil(engine.startupSeconds / 10),
                  },
                  readinessProbe: probe,
                  resources: { limits: { 'nvidia.com/gpu': String(nodes.gpusPerNode) } },
                },
              ],
              tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
            },
          },
        },
      },
    ];
  }

  assess({ objects }: ObservedWorkload): Assessment {
    const deployment = objects.find(({ kind }) => kind === 'Deployment');
    const { readyReplicas = 0 } = (deployment?.status ?? {}) as { readonly readyReplicas?: number };
    return readyReplicas > 0
      ? { state: 'ready' }
      : { state: 'waiting', reason: 'EngineStarting', message: 'the engine is loading the model' };
  }
}
