import type { World } from '../world.js';

/** Random numbers in [0, 1), the same for the same seed. */
export type Random = () => number;

/** One of the values, each as likely as the other. */
export function pick<T>(random: Random, ...among: readonly T[]): T {
  return among[Math.floor(random() * among.length)] as T;
}

/** A machine on the bill. */
export interface Bill {
  readonly machine: string;
  readonly seconds: number;
  readonly running: boolean;
}

/** A shortage without an end, and what a Workspace that suffers from it must say. */
export interface Famine {
  readonly name: string;
  readonly reason: RegExp;
  begin(): void | Promise<void>;
}

/** Where nodes come from in a fault world, and what goes wrong there. Deeds that find nothing to act on do nothing. */
export interface BadCloud {
  readonly world: World;
  /** Instance types that Workspaces may ask for, the first one when they are made. */
  readonly instanceTypes: readonly string[];
  /** Nodes that are there already and that every Workspace prefers. @default none: Workspaces name none */
  readonly preferredNodes?: readonly string[];
  /** What else can go wrong here, by name. */
  readonly deeds: Readonly<Record<string, () => unknown>>;
  readonly famines: readonly Famine[];
  /** Ends every fault, also those under way. */
  heal(): void | Promise<void>;
  /** Everything that was ever paid for. */
  bill(): readonly Bill[];
  /** How often a machine was asked for so far, in whatever form. */
  asked(): number;
  /** The machine on the bill that a claim has. @default it is called as the claim */
  machineOf?(claim: string): Promise<string | undefined>;
  /** What is left of claims in the cloud or on nodes; empty when all was given back. */
  remains(): Promise<readonly string[]>;
}
