import type { KubeObject, ResourceKind } from '../kube/objects.js';
import {
  type ColumnOptions,
  factsOf,
  type ResourceClass,
  type ResourceOptions,
  type ResourceVersion,
} from './facts.js';
import type { JsonSchema } from './json-schema.js';
import { ResourceClassError } from './resource-class-error.js';
import { shapeOf } from './shape.js';

/**
 * The CustomResourceDefinition (`apiextensions.k8s.io/v1`) of a class. A class with a field `status` has the status subresource.
 * Throws a {@link ResourceClassError} that names the field when the class says something that a CRD cannot hold.
 */
export function crdOf(target: ResourceClass): KubeObject {
  const options = resourceOf(target);
  const { group, kind, shortNames, categories } = options;
  const { plural, singular } = namesOf(options);
  const storage = storageVersionOf(target);
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular,
        ...(shortNames === undefined ? {} : { shortNames }),
        ...(categories === undefined ? {} : { categories }),
      },
      scope: options.scope ?? 'Namespaced',
      versions: options.versions.map((version) => versionOf(target, version, storage)),
    },
  };
}

/** The structural schema of one version of a class; default: the storage version. A class that is no resource has no versions. */
export function schemaOf(target: ResourceClass, version?: string): JsonSchema {
  return shapeOf(target, storageVersionOf(target, version)).schema;
}

/** Where the objects of a class live; default: in the storage version. */
export function resourceKindOf(target: ResourceClass, version?: string): ResourceKind {
  const options = resourceOf(target);
  return {
    group: options.group,
    version: storageVersionOf(target, version),
    kind: options.kind,
    plural: namesOf(options).plural,
    namespaced: options.scope !== 'Cluster',
  };
}

/** `wanted` if the class has that version, else the version its objects are stored in. Empty for a class that is no resource. */
export function storageVersionOf(target: ResourceClass, wanted?: string): string {
  const resource = factsOf(target).resource;
  if (resource === undefined) return wanted ?? '';
  const { versions } = resourceOf(target);
  if (versions.some((version) => version.name === wanted)) return wanted ?? '';
  return (versions.find((version) => version.storage === true) ?? versions[0])?.name ?? '';
}

function resourceOf(target: ResourceClass): ResourceOptions {
  const refuse = (problem: string): never => {
    throw new ResourceClassError(target.name, '', problem);
  };
  const { resource } = factsOf(target);
  if (resource === undefined) return refuse('is not a resource: decorate it with @Resource({ group, versions, kind })');
  const { versions } = resource;
  if (versions.length === 0) refuse('needs at least one version');
  if (new Set(versions.map((version) => version.name)).size < versions.length) refuse('names a version twice');
  const stored = versions.filter((version) => version.storage === true).length;
  if (stored > 1 || (stored === 0 && versions.length > 1))
    refuse(`exactly one version is stored, not ${stored}: mark it with storage: true`);
  return resource;
}

function namesOf(options: ResourceOptions): { plural: string; singular: string } {
  const singular = options.singular ?? options.kind.toLowerCase();
  return { singular, plural: options.plural ?? `${options.kind.toLowerCase()}s` };
}

function versionOf(target: ResourceClass, version: ResourceVersion, storage: string): object {
  const schema = shapeOf(target, version.name).schema;
  const columns = factsOf(target).columns;
  const { deprecated } = version;
  return {
    name: version.name,
    served: version.served ?? true,
    storage: version.name === storage,
    ...(deprecated === undefined || deprecated === false ? {} : { deprecated: true }),
    ...(typeof deprecated === 'string' ? { deprecationWarning: deprecated } : {}),
    schema: { openAPIV3Schema: schema },
    ...(schema.properties?.status === undefined ? {} : { subresources: { status: {} } }),
    ...(columns.length === 0 ? {} : { additionalPrinterColumns: columns.map((column) => columnOf(target, column)) }),
  };
}

function columnOf(target: ResourceClass, column: ColumnOptions & { readonly name: string }): object {
  const { name, path, condition, type, format, description, wide } = column;
  if ((path === undefined) === (condition === undefined)) {
    throw new ResourceClassError(target.name, '', `column ${name} needs either a path or a condition`);
  }
  return {
    name,
    type: type ?? 'string',
    jsonPath: path ?? `.status.conditions[?(@.type=="${condition}")].status`,
    ...(format === undefined ? {} : { format }),
    ...(description === undefined ? {} : { description }),
    ...(wide === true ? { priority: 1 } : {}),
  };
}
