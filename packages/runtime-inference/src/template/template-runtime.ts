import {
  type Assessment,
  bytes,
  type EngineFit,
  type EngineSpec,
  gib,
  type KubeObject,
  jsonList as list,
  type MemoryDemand,
  type ModelPreset,
  type ObservedWorkload,
  jsonObject as object,
  type Plan,
  type Runtime,
  type RuntimeNeed,
  type Supported,
  jsonString as string,
  type Unsupported,
  type Workspace,
} from '@kaito-sdk/core';
import { assess } from '../assess/assess.js';
import { WORKLOAD_ANNOTATIONS, workloadWarnings } from '../workload/annotations.js';
import { workspaceLabels } from '../workload/labels.js';
import { affinity, tolerations } from '../workload/placement.js';
import { renderPods } from '../workload/render-workload.js';
import { nameTooLong } from '../workload/stateful-set.js';

/** Where the Service leads: the port that KAITO's Service has. */
const PORT = 5000;

/** Disk for whatever is in the user's images. KAITO head asks for 1,024 GiB where it knows nothing. */
const DISK = gib(100);

/**
 * What the planner takes for the model of a pod that it knows nothing about: it needs a node of the named type and no more, so its
 * figures are the smallest that there are.
 */
const NOTHING_KNOWN: ModelPreset = {
  name: 'template',
  model: {
    architecture: 'unknown',
    parameters: 0,
    layers: 1,
    hiddenSize: 1,
    intermediateSize: 1,
    attentionHeads: 1,
    kvHeads: 1,
    headDim: 1,
    vocabSize: 1,
    contextLength: 1,
    dtype: 'float16',
  },
  weights: { repository: 'the pod template', gated: false },
  licence: { spdx: 'unknown', source: 'nothing is known about what the pods hold' },
  diskBytes: DISK,
  runtimes: {},
  sources: {},
};

/** Pods of the user's own, `inference.template`: placed on the Workspace's nodes, and otherwise left as they are. */
export class TemplateRuntime implements Runtime {
  readonly name = 'template';
  readonly kind = 'inference';
  /** Only where a template is given, and there no other reads it. */
  readonly preference = 0;
  readonly reads = { fields: ['inference.template'], annotations: WORKLOAD_ANNOTATIONS };

  ownModel({ inference }: Workspace): ModelPreset | undefined {
    return inference?.template === undefined ? undefined : NOTHING_KNOWN;
  }

  supports({ workspace, nodes }: RuntimeNeed): Supported | Unsupported {
    const template = workspace.inference?.template;
    if (template === undefined) {
      const remedy = 'Name a model in inference.preset.name, or write pods in inference.template.';
      return { supported: false, reason: 'no pod template is given', remedy };
    }
    if (list(object(template.spec).containers).length === 0) {
      const remedy = 'Write it as the template of a Deployment: metadata and spec.';
      return { supported: false, reason: 'inference.template.spec.containers is empty', remedy };
    }
    const tooLong = nameTooLong(workspace, nodes);
    if (tooLong) return tooLong;
    return {
      supported: true,
      because: 'a pod template is given, and is run as it is',
      warnings: workloadWarnings(workspace),
      unchecked: ['whether the pods fit the memory of the GPUs', 'whether anything answers at port 5000'],
    };
  }

  sizing(): MemoryDemand {
    const nothing = { name: 'unknown', bytes: bytes(1), source: 'nothing is known about what the pods need' };
    return { utilization: 1, fixed: [], perToken: [nothing], perTokenSquared: [], minimumContext: 1 };
  }

  configure({ workspace }: RuntimeNeed, { contextLength }: EngineFit): EngineSpec {
    const template = workspace.inference?.template ?? {};
    const [first] = list(object(template.spec).containers);
    return {
      image: string(first?.image) ?? 'unknown',
      weights: 'image',
      command: [],
      env: [],
      port: PORT,
      healthPath: '/',
      dtype: 'unknown',
      contextLength,
      startupSeconds: 1800,
      template,
    };
  }

  render(plan: Plan, workspace: Workspace): readonly KubeObject[] {
    return renderPods(plan, workspace, ({ labels = {} }) => placed(plan, labels));
  }

  assess(observed: ObservedWorkload): Assessment {
    return assess(observed);
  }
}

/** The user's template on the Workspace's nodes: labelled, held to the nodes, tolerating what is on them, and nothing else changed. */
function placed(plan: Plan, labels: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  const { metadata, spec } = object(plan.engine.template);
  const own = object(spec);
  const { affinity: theirs } = own;
  const { nodeAffinity } = object(affinity(plan).affinity);
  return {
    metadata: {
      ...object(metadata),
      labels: { ...object(object(metadata).labels), ...labels, ...workspaceLabels(plan) },
    },
    spec: {
      ...own,
      ...(nodeAffinity === undefined ? {} : { affinity: { ...object(theirs), nodeAffinity } }),
      tolerations: [...list(own.tolerations), ...tolerations(plan)],
    },
  };
}
