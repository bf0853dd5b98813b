import type { Clock } from '../clock.js';
import type { KubeObject } from '../objects.js';
import type { Schema } from '../schema/schema.js';
import type { Store } from '../store/store.js';
import type { Causes } from './causes.js';
import type { FieldReader } from './field-selector.js';
import type { Identity } from './identity.js';
import type { NameRule } from './names.js';

/** What strategies may reach besides the object at hand. */
export interface Surroundings {
  readonly store: Store;
  readonly clock: Clock;
  readonly identity: Identity;
  readonly serviceCidr: string;
}

/** One column of `kubectl get`. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  /** 0 is always shown, higher ones with `-o wide`. */
  readonly priority?: number;
  readonly cell: (object: KubeObject, now: number) => unknown;
}

/** JSON paths of the three numbers behind `/scale`. */
export interface ScalePaths {
  readonly replicas: readonly string[];
  readonly statusReplicas: readonly string[];
  /** The path of the selector: a string for custom resources, a LabelSelector for the built-ins. */
  readonly selector?: readonly string[];
}

/** What a kind does differently from all others. Objects called `next` are drafts that may be changed; others are frozen. */
export interface Strategy {
  readonly name?: NameRule;
  /** The parts whose change moves `metadata.generation`. Kinds without one have no generation. */
  generation?(object: KubeObject): readonly unknown[];
  /** Fields that only the server may set at creation, such as an empty status. Runs before defaulting. */
  prepareCreate?(next: KubeObject, around: Surroundings): void;
  /** What an update may not touch is put back here. Runs before defaulting. */
  prepareUpdate?(next: KubeObject, live: KubeObject, around: Surroundings, subresource: string | undefined): void;
  /** As `prepareUpdate`, for the status subresource; spec and system metadata are put back already. */
  prepareStatus?(next: KubeObject, live: KubeObject): void;
  /** An update must name the revision it starts from; for most kinds it may leave it out. */
  readonly conditional?: boolean;
  /** A PUT of what is not there creates it; for most kinds it is a 404. */
  readonly createOnUpdate?: boolean;
  /** A status that comes with the creation is kept; for most kinds it is dropped. */
  readonly keepsStatus?: boolean;
  /** Fills in what the user left out. Must give the same answer when run twice. */
  defaults?(next: KubeObject): void;
  /** Gives out what is scarce (cluster addresses), on create and update, after defaulting; not called in a dry run's storage step. */
  allocate?(next: KubeObject, live: KubeObject | undefined, causes: Causes, around: Surroundings): void;
  /** `live` is given on updates. */
  validate?(object: KubeObject, causes: Causes, around: Surroundings, live: KubeObject | undefined): void;
  validateUpdate?(next: KubeObject, live: KubeObject, causes: Causes, subresource: string | undefined): void;
  validateStatus?(next: KubeObject, live: KubeObject, causes: Causes): void;
  /** Seconds between the request to delete and the deletion; 0 means at once. */
  grace?(live: KubeObject, asked: number | undefined): number;
  /** Throws for what may never be deleted. */
  refuseDelete?(name: string): void;
  /** Runs on the draft that gets a deletionTimestamp. */
  prepareDelete?(next: KubeObject): void;
  /** Whether anything but the usual finalizers keeps a deleted object from going. */
  heldBack?(object: KubeObject): boolean;
  /** Warnings that go with a write of the object; `live` is what it was before. */
  warnings?(object: KubeObject, live?: KubeObject): readonly string[];
}

/** One resource in one version, as a path of the API names it. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  /** Where the objects lie in the store; several versions share one. */
  readonly collection: string;
  /** True for what a CustomResourceDefinition defines. */
  readonly custom: boolean;
  /** False while a custom resource version is declared but not served. */
  readonly status: boolean;
  readonly scale?: ScalePaths;
  readonly schema: Schema;
  readonly strategy: Strategy;
  readonly selectable: Readonly<Record<string, FieldReader>>;
  readonly columns: readonly Column[];
  /** Sent as a `Warning` header with each request to this version. */
  readonly deprecation?: string;
  /** From the stored form to this version, and back. Left out where both are one. */
  readonly decode?: (stored: KubeObject) => KubeObject;
  readonly encode?: (object: KubeObject) => KubeObject;
  /** A delete answers with the object and not with a Status. */
  readonly returnsDeleted: boolean;
  /** Further subresources, for discovery only. */
  readonly subresources: readonly {
    readonly name: string;
    readonly kind: string;
    readonly verbs: readonly string[];
    readonly group?: string;
    readonly version?: string;
  }[];
}

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(resource: { readonly group: string; readonly version: string }): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}
