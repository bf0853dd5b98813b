import type { KubeObject } from '../kube/objects.js';
import type { ClaimRequest, NodeProvisioner, ProvisioningFailure } from '../plugin/node-provisioner.js';

/** A provisioner, the world it buys from, and the time in which both live. Made anew for every rule. */
export interface ProvisionerUnderTest {
  /**
   * The provisioner as a new process has it: nothing of an earlier one is in its memory, everything in the world is still there.
   * The earlier process is dead from here on. With `requestsToLive`, the process dies right after so many requests of its own that
   * change something have reached the world: their answers are lost.
   */
  connect(options?: { readonly requestsToLive?: number }): Promise<NodeProvisioner>;
  /** A request for something that can be had, to be varied by the rules. */
  readonly request: Omit<ClaimRequest, 'name' | 'owner'>;
  /** The labels that pods require of their node (`ProvisionerFacts.nodeSelector`). */
  nodeSelector(workspace: { readonly namespace: string; readonly name: string }): Readonly<Record<string, string>>;
  readonly cloud: CloudUnderTest;
  /** Lets time pass, and everything come to rest. */
  advance(ms: number): Promise<void>;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Requests that the living process has made so far, to whatever it talks to. Opening a watch does not count. */
  requests(): number;
  node(name: string): Promise<KubeObject | undefined>;
  stop(): Promise<void>;
}

/** What the rules must see of the cloud, and do to it, behind the provisioner's back. */
export interface CloudUnderTest {
  /** Everything that costs money now. */
  machines(): Promise<readonly PaidMachine[]>;
  /** The next claim fails so; a `transient` failure ends by itself within ten minutes. */
  failNext(failure: ProvisioningFailure): void | Promise<void>;
  /** The next claim never gets its machine, or its machine never joins the cluster. */
  stallNext(step: 'launch' | 'join'): void | Promise<void>;
  /** Somebody else makes a thing under this name, where a claim of this name would stand. */
  occupy(name: string): Promise<void>;
  /** Whether the thing of {@link occupy} is there, as it was made. */
  occupied(name: string): Promise<boolean>;
  /** The machine of a claim vanishes, as a spot machine does. */
  lose(claim: string): Promise<void>;
}

/** A machine on the bill. */
export interface PaidMachine {
  readonly claim: string;
  readonly instanceType: string;
  readonly capacityType?: 'on-demand' | 'spot';
  readonly zone?: string;
}

/** One row of the contract page, with the proof of it. */
export interface ProvisionerRule {
  /** `PROV-` and two digits; never given to another rule. */
  readonly id: string;
  /** The rule, as a sentence. */
  readonly title: string;
  /** Column of the support table; rules of one feature are supported together or not. */
  readonly feature: string;
  /** Throws when the provisioner breaks the rule. */
  readonly prove: (world: ProvisionerUnderTest) => Promise<void>;
}
