import type { GpuFacts, Price } from '../plugin/instance-catalog.js';
import type { MemoryPart } from '../plugin/runtime.js';
import type { Bytes } from './bytes.js';

/**
 * Everything that will be done for a Workspace, decided before anything is paid for. Plain JSON; kept in `status.plan`, printed by
 * `kaito plan`, and the only input of what is rendered.
 */
export interface Plan {
  readonly feasible: true;
  readonly workspace: { readonly namespace: string; readonly name: string };
  readonly kind: 'inference' | 'tuning';
  readonly model: PlannedModel;
  readonly nodes: PlannedNodes;
  readonly runtime: { readonly name: string; readonly because: string };
  readonly engine: EngineSpec;
  readonly memory: MemoryBudget;
  /** Things a person should know and need not act on. */
  readonly warnings: readonly Notice[];
  /** What could not be checked from here. */
  readonly unchecked: readonly string[];
  /** What was computed and never measured on hardware. */
  readonly unverified: readonly string[];
  /** What was considered and not taken. */
  readonly rejected: readonly Rejected[];
}

export interface PlannedModel {
  readonly preset: string;
  readonly repository: string;
  /** The commit that the engine fetches. Absent when none is pinned, and when the weights come inside the image. */
  readonly revision?: string;
  readonly licence: string;
  /** The hub gives the weights only to who has accepted its conditions, and asks for a token. */
  readonly gated?: true;
}

export interface PlannedNodes {
  readonly provisioner: string;
  readonly instanceType: string;
  readonly capacityType: 'on-demand' | 'spot';
  readonly zone?: string;
  readonly count: number;
  /** Nodes that hold one copy of the model together. Absent: each holds a whole one. */
  readonly pipeline?: number;
  /** GPUs of one node that hold a part of every layer each. Absent: one does. */
  readonly tensorParallel?: number;
  readonly gpusPerNode: number;
  /** The extended resource that the GPUs show up as, `<vendor>.com/gpu`. */
  readonly gpuResource: string;
  /** What one of the GPUs is; their number is {@link PlannedNodes.gpusPerNode}. */
  readonly gpu: Omit<GpuFacts, 'count'>;
  /** Labels that the nodes are given: the user's, without those that the operator keeps for itself. */
  readonly labels: Readonly<Record<string, string>>;
  /** Labels that pods require of their node, so that they run on this Workspace's nodes and on no other: the user's and the provisioner's. */
  readonly selector: Readonly<Record<string, string>>;
  /**
   * Nodes that are there already and are taken first, where they will do. Which of them did is no part of the Plan, so each may be one of
   * the {@link PlannedNodes.count} or none of them; see `nodeTerms`.
   */
  readonly preferred?: {
    readonly names: readonly string[];
    /** Labels that one carries while this Workspace has it: the user's and those of its claim. */
    readonly selector: Readonly<Record<string, string>>;
  };
  readonly diskBytes: Bytes;
  /** For all nodes together; absent when no price is known. */
  readonly price?: Price;
}

/** How the engine is started. */
export interface EngineSpec {
  readonly image: string;
  /** Where the weights come from: inside {@link EngineSpec.image}, or fetched from a model hub at start. */
  readonly weights: 'image' | 'hub';
  /** Secrets of the Workspace's namespace that the image is pulled with. */
  readonly pullSecrets?: readonly string[];
  readonly command: readonly string[];
  readonly args?: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  /** Variables whose values are in Secrets of the Workspace's namespace. */
  readonly secretEnv?: readonly SecretVariable[];
  /** ConfigMap of the Workspace's namespace with the user's own settings of the engine. */
  readonly config?: string;
  /** LoRA adapters that are served beside or over the model. */
  readonly adapters?: PlannedAdapters;
  /** Pods of the user's own (a PodTemplateSpec), which are run instead of the image and command. */
  readonly template?: Readonly<Record<string, unknown>>;
  readonly workingDir?: string;
  readonly port: number;
  readonly healthPath: string;
  /** Type the weights are computed in, in the engine's spelling. */
  readonly dtype: string;
  /** Tokens of prompt and answer together. */
  readonly contextLength: number;
  /** Longest time from container start to ready before it counts as failed. */
  readonly startupSeconds: number;
  /** What is trained on, how, and where the result goes; only of a tuning. */
  readonly tuning?: PlannedTuning;
}

/** The way from the data to the adapter. Holds no query of an address: such a query may be a key. */
export interface PlannedTuning {
  readonly method: 'lora' | 'qlora';
  /** The image that fetches and checks the data before the training, and pushes the result after it. */
  readonly toolsImage: string;
  /** ConfigMap of the namespace with the settings; absent: the template of the method. */
  readonly config?: string;
  readonly input: { readonly kind: 'urls' | 'image' | 'volume'; readonly from: readonly string[] };
  readonly output: { readonly kind: 'image' | 'volume'; readonly to: string };
  /** Layers that the adapter goes to, unless the settings name others. Absent: every linear layer. */
  readonly targets?: readonly string[];
  /** How often a pod that failed is followed by another one. */
  readonly retries: number;
}

/** A variable of the engine's environment that is read from a Secret. */
export interface SecretVariable {
  readonly name: string;
  readonly secret: string;
  readonly key: string;
}

/** The adapters of a Workspace, and what must hold for each of them to fit the model. */
export interface PlannedAdapters {
  /** In the order of the Workspace. */
  readonly items: readonly PlannedAdapter[];
  /** The widest rank that the engine is set up for. Absent: it takes any. */
  readonly maxRank?: number;
  /** They can be exchanged under the running engine. Absent: they come with the pods, and a change of them makes new ones. */
  readonly live?: true;
  /** Names and sizes of the base model, against which each adapter is checked before the engine starts. */
  readonly base: {
    /** Any of these may stand in an adapter as what it was made for. */
    readonly names: readonly string[];
    readonly layers: number;
    readonly hiddenSize: number;
    readonly intermediateSize: number;
    readonly attentionHeads: number;
    readonly kvHeads: number;
    readonly headDim: number;
  };
}

/** One adapter: where it comes from, and how strongly it counts. */
export interface PlannedAdapter {
  readonly name: string;
  /** 0 (as if it were not there) to 1. */
  readonly strength: number;
  readonly image?: string;
  /** Secrets of the Workspace's namespace with which this image is pulled, and no other. */
  readonly pullSecrets?: readonly string[];
  /** Who fetches the image. Absent for a volume. */
  readonly fetchedBy?: AdapterFetch;
  /** A VolumeSource of core/v1. */
  readonly volume?: Readonly<Record<string, unknown>>;
}

/**
 * Who fetches an adapter's image: our own program in the pod (with pull secrets, without, or with an identity of the cloud), the kubelet
 * as a volume, or the kubelet as a container that copies its own files.
 */
export type AdapterFetch = 'loader' | 'image-volume' | 'image-shell';

/** The memory of one GPU. */
export interface MemoryBudget {
  readonly gpuBytes: Bytes;
  /** The memory is that of the machine, on whose processor the engine computes; {@link MemoryBudget.gpuBytes} is then its size. */
  readonly machine?: true;
  /** What the engine may use of it. */
  readonly usableBytes: Bytes;
  /** What it needs at {@link EngineSpec.contextLength}. */
  readonly neededBytes: Bytes;
  readonly parts: readonly MemoryPart[];
  readonly context: {
    /** Tokens the model was made for. */
    readonly model: number;
    /** Tokens that fit into the memory; may be more than the model was made for. */
    readonly fits: number;
    /** Sequences of {@link EngineSpec.contextLength} tokens that fit at once; of shorter ones, more. */
    readonly sequences?: number;
  };
}

export interface Notice {
  /** Stable, CamelCase. */
  readonly code: string;
  readonly message: string;
}

export interface Rejected {
  /** An instance type, a runtime, or both: `TYPE with RUNTIME`. */
  readonly candidate: string;
  readonly reason: string;
}

/** Why a Workspace cannot be served, and the smallest change that would help. */
export interface Infeasible {
  readonly feasible: false;
  /** Stable, CamelCase: becomes the reason of condition `Planned`. */
  readonly code: InfeasibleCode;
  /** The field to change, `resource.instanceType`. */
  readonly field: string;
  /** One sentence: what is wrong and why. */
  readonly message: string;
  /** One sentence: what to do. */
  readonly remedy: string;
  readonly rejected: readonly Rejected[];
}

export type InfeasibleCode =
  | 'InvalidWorkspace'
  | 'UnknownPreset'
  | 'PresetDeprecated'
  | 'UnknownInstanceType'
  | 'InstanceTypeRequired'
  | 'InstanceTypeRetired'
  | 'UnknownRuntime'
  | 'RuntimeUnsupported'
  | 'InsufficientMemory'
  | 'InsufficientDisk'
  | 'PriceLimitExceeded'
  | 'CapacityTypeUnsupported'
  | 'ProvisionerUnknown'
  | 'OfferUnavailable'
  | 'NotSupported';
