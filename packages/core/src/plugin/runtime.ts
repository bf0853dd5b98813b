import type { AdapterStatus } from '../api/status.js';
import type { Workspace } from '../api/workspace.js';
import type { KubeObject } from '../kube/objects.js';
import type { Bytes } from '../plan/bytes.js';
import type { EngineSpec, Notice, Plan } from '../plan/plan.js';
import type { InstanceType } from './instance-catalog.js';
import type { ModelPreset } from './preset-pack.js';

/**
 * Starts a model: says what it can run and what that costs in memory, renders the objects, and reads from the live ones how it goes.
 * Everything but {@link Runtime.assess}'s input is known before a node exists, so that a refusal costs nothing.
 */
export interface Runtime {
  /** What users write in the annotation `kaito.sh/runtime`. */
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly kind: 'inference' | 'tuning';
  /** Of the runtimes that support a need, the planner takes the one with the highest preference. */
  readonly preference: number;
  /**
   * What it honours beyond the fields that the planner reads itself. Whatever a user sets and nobody reads is refused (a field) or
   * warned about (an annotation), so forgetting one here costs a feature and never a silent difference.
   */
  readonly reads?: WorkspaceReads;
  /** Most machines that it can deal one copy of a model over. Asked only where no single machine will do. @default 1 */
  readonly longestPipeline?: number;

  /** Whether its pods may fetch data from private addresses; without one that may, admission refuses such addresses. @default false */
  readonly privateDataUrls?: boolean;

  /** Taken only where the annotation names it: the planner never chooses it by itself. @default false */
  readonly onlyWhenAsked?: boolean;

  /**
   * What the planner takes for the model of a Workspace that names none and that this runtime runs all the same.
   * Absent: it runs named models only.
   */
  ownModel?(workspace: Workspace): ModelPreset | undefined;
  /** Whether this runtime can run the model on that machine, and why not. */
  supports(need: RuntimeNeed): Supported | Unsupported;
  /**
   * Which memory {@link Runtime.sizing} is about: that of one GPU, or that of the machine, for engines that compute on its processor. Only the
   * latter are tried on machines without a GPU. @default 'gpu'
   */
  readonly memory?: 'gpu' | 'machine';
  /** Memory of one GPU, or of the machine. Asked only when {@link Runtime.supports} agreed. */
  sizing(need: RuntimeNeed): MemoryDemand;
  /** Image, command and flags, for the context length that fits. */
  configure(need: RuntimeNeed, fit: EngineFit): EngineSpec;
  /** The objects of the workload, from the Plan and nothing else: same Plan, same objects, same order. */
  render(plan: Plan, workspace: Workspace): readonly KubeObject[];
  /**
   * A Job that looks at what the user brought (data, settings, credentials) on any node, before one with GPUs is asked for. Its last word,
   * the termination message of its container, is a sentence for people.
   * @default nothing is looked at beforehand
   */
  check?(plan: Plan, workspace: Workspace): KubeObject;
  /** Of a tuning: how it ended; undefined while it goes on. Also asked about the Job of {@link Runtime.check}. */
  outcome?(observed: ObservedWorkload): TuningOutcome | undefined;
  /** Where a running workload tells how it goes. @default nowhere */
  readonly logs?: WorkloadLogs;
  /** Of a runtime whose engine takes other adapters while it runs. @default every change of them makes new pods */
  readonly liveAdapters?: LiveAdapters;
  /** Reads readiness, and the reason of a failure, from the live objects. */
  assess(observed: ObservedWorkload): Assessment;
  /** What the live pods say about the adapters of the Plan; kept in `status.adapters`. Absent: nothing is known of them. */
  adapters?(observed: ObservedWorkload): readonly AdapterStatus[];
}

export interface RuntimeNeed {
  readonly workspace: Workspace;
  readonly preset: ModelPreset;
  readonly instance: InstanceType;
  /** Machines, each of which has `instance.gpu.count` GPUs. */
  readonly nodes: number;
  /** Machines that hold one copy of the model together, its layers dealt over them. @default 1: every machine has a whole copy */
  readonly pipeline?: number;
}

export interface WorkspaceReads {
  /** Paths such as `inference.adapters`. */
  readonly fields?: readonly string[];
  readonly annotations?: readonly string[];
}

export interface Supported {
  readonly supported: true;
  /** Why this one, in half a sentence that can follow the runtime's name and a colon. */
  readonly because: string;
  readonly warnings: readonly Notice[];
  /** What cannot be known before it runs: whether a registry still serves the image, which commit it holds. */
  readonly unchecked?: readonly string[];
  /** What was computed or read and never tried on such hardware. */
  readonly unverified?: readonly string[];
}

export interface Unsupported {
  readonly supported: false;
  readonly reason: string;
  /** What the user can do about it. */
  readonly remedy: string;
}

/** What one GPU must hold, as a polynomial of the context length in tokens. */
export interface MemoryDemand {
  /** Share of the GPU's memory that the engine may use, 0..1. */
  readonly utilization: number;
  /** Independent of the context: weights, engine overhead. */
  readonly fixed: readonly MemoryPart[];
  /** For each token of the context: the KV cache, activations. */
  readonly perToken: readonly MemoryPart[];
  /** For each token squared: attention scores of an eager engine. */
  readonly perTokenSquared: readonly MemoryPart[];
  /** A context shorter than this is not worth starting for. */
  readonly minimumContext: number;
  /**
   * Whether several sequences share the memory per token, so that what one of full length needs also holds many short ones.
   * @default false: one request at a time
   */
  readonly shared?: boolean;
  /** GPUs of one machine that hold a part of every layer each, so that all of them work on every token. @default 1 */
  readonly tensorParallel?: number;
}

export interface MemoryPart {
  readonly name: string;
  readonly bytes: Bytes;
  /** Formula or measurement behind the figure. */
  readonly source: string;
  /** Of a part per token: tokens from which on it does not grow any more, as the cache of a layer with a sliding window. */
  readonly upTo?: number;
}

export interface EngineFit {
  /** Tokens that fit, and that the model was made for. */
  readonly contextLength: number;
}

export interface ObservedWorkload {
  readonly plan: Plan;
  /** The live versions of the rendered objects; those that do not exist yet are missing. */
  readonly objects: readonly KubeObject[];
  readonly pods: readonly KubeObject[];
}

/** How a tuning ended. */
export type TuningOutcome =
  | {
      readonly succeeded: true;
      /** A sentence about what came of it. */
      readonly message: string;
      /** The image it was pushed as, with its digest; absent where it stays in a volume. */
      readonly image?: string;
    }
  | { readonly succeeded: false; readonly reason: string; readonly message: string };

/** The output of a workload's containers, read line by line while they run. */
export interface WorkloadLogs {
  /** Names of containers, in the order in which they have something to say. */
  readonly containers: readonly string[];
  /** What a line says; undefined where it says nothing of interest. */
  read(line: string): ProgressReport | undefined;
}

/**
 * Adapters that are exchanged under a running engine. The pods are told of them by an object that is rendered beside them, and tell by their
 * output what came of it ({@link ProgressReport.adapters}).
 */
export interface LiveAdapters {
  /** Fingerprint of the adapters that the Plan wants to be served; undefined where those of this Plan come with the pods. */
  wanted(plan: Plan): string | undefined;
  /** The fingerprint that a pod began with; undefined while it has not said. */
  began(pod: KubeObject): string | undefined;
}

/** What a pod tells of adapters that were exchanged while it runs. */
export interface LiveAdaptersReport {
  /** Of those that it was told of last. */
  readonly fingerprint: string;
  /** What is known of each: how it came in, or who was turned away. */
  readonly adapters: readonly AdapterStatus[];
  /** Why they are not served. Those from before are. */
  readonly failure?: Unready;
  /** The engine itself refuses to exchange adapters, so that only new pods will serve them. */
  readonly refused?: true;
}

/** One thing that a running workload told. */
export interface ProgressReport {
  /** For the condition: `step 3 of 40, loss 1.2`. */
  readonly message: string;
  /** What it is about, where it is about adapters. */
  readonly adapters?: LiveAdaptersReport;
  /** Numbers for metrics, by name in camelCase. */
  readonly figures?: Readonly<Record<string, number>>;
  /** Set where it is worth an event. */
  readonly event?: { readonly type: 'Normal' | 'Warning'; readonly reason: string };
}

export type Assessment =
  | { readonly state: 'ready' }
  | ({ readonly state: 'waiting' } & Unready)
  | ({ readonly state: 'failed' } & Unready);

/** Why a workload does not answer. */
export interface Unready {
  /** A word for programs: the reason of the condition. */
  readonly reason: string;
  /** What is, with the end of a log where that helps, as sentences. */
  readonly message: string;
  /** What a person can do about it, as a sentence. Absent where there is nothing to do but wait. */
  readonly remedy?: string;
}
