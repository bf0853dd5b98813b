import type { KubeObject } from '../../objects.js';
import type { Schema } from '../../schema/schema.js';
import { checkStructural } from '../../schema/structural.js';
import { asList, asObject, at, copyJson, isObject, type JsonObject } from '../../store/json.js';
import type { Causes } from '../causes.js';
import { timestamp } from '../metadata.js';
import { dnsSubdomain } from '../names.js';
import type { Resource } from '../resource.js';
import { createdAtColumn, nameColumn } from './columns.js';
import { define } from './define.js';

/** The finalizer under which the instances of a deleted definition are removed before it goes itself. */
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

const columnTypes = ['integer', 'number', 'string', 'boolean', 'date'];

function defaults(crd: KubeObject): void {
  const { spec } = crd;
  if (!isObject(spec)) return;
  const { names } = spec;
  if (isObject(names) && typeof names.kind === 'string') {
    names.singular ??= names.kind.toLowerCase();
    names.listKind ??= `${names.kind}List`;
  }
  spec.conversion ??= { strategy: 'None' };
}

function validate(crd: KubeObject, causes: Causes): void {
  const spec = asObject(crd.spec);
  const names = asObject(spec.names);
  const wanted = `${names.plural ?? ''}.${spec.group ?? ''}`;
  if (crd.metadata.name !== wanted) {
    causes.invalid('metadata.name', crd.metadata.name, 'must be spec.names.plural+"."+spec.group');
  }
  if (!spec.group) causes.required('spec.group');
  else {
    for (const problem of dnsSubdomain.problems(String(spec.group))) causes.invalid('spec.group', spec.group, problem);
    if (!String(spec.group).includes('.'))
      causes.invalid('spec.group', spec.group, 'should be a domain with at least one dot');
  }
  for (const field of ['plural', 'singular', 'kind', 'listKind'])
    if (!names[field]) causes.required(`spec.names.${field}`);
  if (names.kind && names.kind === names.listKind) {
    causes.invalid('spec.names.listKind', names.listKind, 'kind and listKind may not be the same');
  }
  if (spec.scope !== 'Cluster' && spec.scope !== 'Namespaced') {
    if (spec.scope === undefined) causes.required('spec.scope');
    else causes.notSupported('spec.scope', spec.scope, ['Cluster', 'Namespaced']);
  }
  if (spec.preserveUnknownFields === true) {
    causes.invalid('spec.preserveUnknownFields', true, 'must be false in order to use defaults in the schema');
  }
  const versions = asList(spec.versions).map(asObject);
  if (versions.length === 0) causes.required('spec.versions', 'must have at least one version');
  const stored = versions.filter((version) => version.storage === true).length;
  if (stored !== 1)
    causes.invalid('spec.versions', spec.versions, 'must have exactly one version marked as storage version');
  const seen = new Set<unknown>();
  versions.forEach((version, index) => {
    const path = `spec.versions[${index}]`;
    if (!version.name) causes.required(`${path}.name`);
    if (seen.has(version.name)) causes.invalid('spec.versions', spec.versions, 'must contain unique version names');
    seen.add(version.name);
    validateVersion(version, path, causes);
  });
  const strategy = asObject(spec.conversion).strategy;
  if (strategy !== 'None' && strategy !== 'Webhook') {
    causes.notSupported('spec.conversion.strategy', strategy, ['None', 'Webhook']);
  }
}

function validateVersion(version: JsonObject, path: string, causes: Causes): void {
  const schema = at(version, 'schema', 'openAPIV3Schema');
  if (!isObject(schema)) causes.required(`${path}.schema.openAPIV3Schema`, 'schemas are required');
  else checkStructural(schema as Schema, `${path}.schema.openAPIV3Schema`, causes);
  asList(version.additionalPrinterColumns).forEach((each, index) => {
    const column = asObject(each);
    const where = `${path}.additionalPrinterColumns[${index}]`;
    if (!column.name) causes.required(`${where}.name`);
    if (!column.jsonPath) causes.required(`${where}.JSONPath`);
    if (!columnTypes.includes(String(column.type))) {
      if (column.type === undefined) causes.required(`${where}.type`, `must be one of ${columnTypes.join(',')}`);
      else causes.invalid(`${where}.type`, column.type, `must be one of ${columnTypes.join(',')}`);
    }
  });
  const scale = at(version, 'subresources', 'scale');
  if (isObject(scale)) {
    for (const [field, start] of [
      ['specReplicasPath', '.spec.'],
      ['statusReplicasPath', '.status.'],
    ] as const) {
      const value = scale[field];
      if (!value) causes.required(`${path}.subresources.scale.${field}`);
      else if (!String(value).startsWith(start)) {
        causes.invalid(
          `${path}.subresources.scale.${field}`,
          value,
          `should be a json path under ${start.slice(0, -1)}`,
        );
      }
    }
  }
}

/** Names of the versions that objects may still be stored in: every one that ever was the storage version. */
function storedVersions(crd: KubeObject, before: readonly unknown[]): unknown[] {
  const now = asList(at(crd, 'spec', 'versions'))
    .map(asObject)
    .find((version) => version.storage === true)?.name;
  return now === undefined || before.includes(now) ? [...before] : [...before, now];
}

/** CustomResourceDefinitions. */
export const customResourceDefinitions: Resource = define({
  group: 'apiextensions.k8s.io',
  kind: 'CustomResourceDefinition',
  type: 'apiextensions.v1.CustomResourceDefinition',
  namespaced: false,
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  status: true,
  strategy: {
    conditional: true,
    generation: (crd) => [crd.spec],
    defaults,
    prepareCreate(crd) {
      crd.status = { conditions: [], acceptedNames: { plural: '', kind: '' }, storedVersions: storedVersions(crd, []) };
    },
    prepareUpdate(crd) {
      const status = asObject(crd.status);
      crd.status = { ...status, storedVersions: storedVersions(crd, asList(status.storedVersions)) };
    },
    validate,
    validateUpdate(crd, live, causes, subresource) {
      if (subresource !== undefined) return;
      const established = asList(at(live, 'status', 'conditions')).some(
        (each) => asObject(each).type === 'Established' && asObject(each).status === 'True',
      );
      if (!established) return;
      for (const field of ['scope', 'group'] as const) {
        if (at(crd, 'spec', field) !== at(live, 'spec', field))
          causes.invalid(`spec.${field}`, at(crd, 'spec', field), 'field is immutable');
      }
      for (const field of ['kind', 'plural'] as const) {
        const value = at(crd, 'spec', 'names', field);
        if (value !== at(live, 'spec', 'names', field))
          causes.invalid(`spec.names.${field}`, value, 'field is immutable');
      }
      const names = new Set(asList(at(crd, 'spec', 'versions')).map((each) => asObject(each).name));
      asList(at(live, 'status', 'storedVersions')).forEach((version, index) => {
        if (!names.has(version))
          causes.invalid(`status.storedVersions[${index}]`, version, 'missing from spec.versions');
      });
    },
    // The first request to delete never removes it: the instances go first.
    heldBack: (crd) => crd.metadata.deletionTimestamp === undefined,
    prepareDelete(crd) {
      const finalizers = crd.metadata.finalizers ?? [];
      if (!finalizers.includes(cleanupFinalizer)) crd.metadata.finalizers = [...finalizers, cleanupFinalizer];
      const status = asObject(copyJson(crd.status));
      const conditions = asList(status.conditions).filter((each) => asObject(each).type !== 'Terminating');
      crd.status = {
        ...status,
        conditions: [
          ...conditions,
          {
            type: 'Terminating',
            status: 'True',
            reason: 'InstanceDeletionPending',
            message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
            lastTransitionTime: crd.metadata.deletionTimestamp ?? timestamp(0),
          },
        ],
      };
    },
  },
  columns: [nameColumn, createdAtColumn],
});
