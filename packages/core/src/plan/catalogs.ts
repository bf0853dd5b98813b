import type { InstanceCatalog, InstanceType } from '../plugin/instance-catalog.js';
import type { PresetPack } from '../plugin/preset-pack.js';
import type { Runtime } from '../plugin/runtime.js';

/** All that the planner may look at besides the Workspace itself. */
export interface Catalogs {
  readonly presets: readonly PresetPack[];
  readonly instances: readonly InstanceCatalog[];
  readonly runtimes: readonly Runtime[];
  /**
   * Machines that are there already, for a provisioner that buys none: a Workspace that names no type gets one of these, and their facts
   * count before those of a catalog. Empty or left out: whatever the catalogs have.
   */
  readonly stock?: readonly InstanceType[];
  /** Which provisioner will get the nodes. */
  readonly provisioner: ProvisionerFacts;
  /** Whether pods that users write may reach the node itself. @default 'refuse' */
  readonly nodeAccess?: 'refuse' | 'allow';
  /** Region whose prices count. @default the first price of the instance type */
  readonly region?: string;
  /** Whose rule says how many nodes a model takes. @default 'exact': ours; see {@link SizingPolicy} */
  readonly policy?: SizingPolicy;
  /** What was tried a short while ago and could not be had. The planner passes it over and says why. */
  readonly unavailable?: readonly UnavailableOffer[];
  /** `YYYY-MM-DD`: what is retired is judged by this day, never by the wall clock. */
  readonly today: string;
}

/** How machines are paid for. */
export type CapacityType = 'on-demand' | 'spot';

/**
 * `exact`: what fits by the memory of engine, weights and cache. `kaito`: as many nodes as the estimator of KAITO v0.12.0 asks for,
 * and never a Plan that does not fit by ours.
 */
export type SizingPolicy = 'exact' | 'kaito';

/** An offer that is not to be tried for now. What is left out matches everything. */
export interface UnavailableOffer {
  readonly instanceType: string;
  readonly zone?: string;
  readonly capacityType?: CapacityType;
  /** A whole sentence. */
  readonly reason: string;
}

export interface ProvisionerFacts {
  readonly name: string;
  /** How it can have machines paid for. @default on-demand only */
  readonly capacityTypes?: readonly CapacityType[];
  /**
   * What the provisioner does with a retired type: `refuse` where the cloud's own list lacks it, `warn` where it can still exist
   * (a simulated cloud, a node of one's own).
   */
  readonly retired: 'refuse' | 'warn';
  /** Whether it takes nodes that are there: then labels of a Workspace choose, and nothing is made with them. @default false */
  readonly findsNodes?: boolean;
  /** Annotations of a Workspace that it honours; others in the domain of this API are warned about as having no effect. */
  readonly annotations?: readonly string[];
  /** Labels that its nodes carry for one Workspace and for nobody else. A pure function, because it becomes part of the Plan. */
  nodeSelector(workspace: { readonly namespace: string; readonly name: string }): Readonly<Record<string, string>>;
  /**
   * Labels that a node named in `resource.preferredNodes` carries while a Workspace has it.
   * @default such nodes cannot be had, and the field is refused
   */
  preferredNodes?(workspace: { readonly namespace: string; readonly name: string }): Readonly<Record<string, string>>;
}
