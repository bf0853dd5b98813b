import { ApiError } from '../../http/api-error.js';
import type { KubeObject } from '../../objects.js';
import { asList, asObject, at, copyJson, ensureObject, type JsonObject } from '../../store/json.js';
import type { WriteContext } from '../decode.js';
import type { Registry } from '../registry.js';
import type { Resource, ScalePaths } from '../resource.js';

/** The `autoscaling/v1` Scale of an object. */
export function readScale(
  registry: Registry,
  resource: Resource,
  namespace: string | undefined,
  name: string,
): KubeObject {
  return scaleOf(paths(resource), registry.require(resource, namespace, name));
}

/** Changes the number of replicas through a Scale; `change` gets the present one. */
export async function writeScale(
  registry: Registry,
  resource: Resource,
  namespace: string | undefined,
  name: string,
  change: (scale: KubeObject) => unknown,
  context: WriteContext,
): Promise<KubeObject> {
  const scale = paths(resource);
  const updated = await registry.update(
    resource,
    namespace,
    name,
    'scale',
    (live) => {
      const wanted = asObject(change(scaleOf(scale, live)));
      const replicas = at(wanted, 'spec', 'replicas') ?? 0;
      if (typeof replicas !== 'number' || !Number.isInteger(replicas)) {
        throw ApiError.badRequest(
          'Scale in version "v1" cannot be handled as a Scale: spec.replicas must be an integer',
        );
      }
      // For custom resources this is for their own validation to say.
      if (replicas < 0 && !resource.custom) {
        throw ApiError.invalid({ group: 'autoscaling', kind: 'Scale' }, name, [
          {
            reason: 'FieldValueInvalid',
            message: `Invalid value: ${replicas}: must be greater than or equal to 0`,
            field: 'spec.replicas',
          },
        ]);
      }
      const { resourceVersion, uid } = asObject(wanted.metadata);
      const next = copyJson(live);
      if (typeof resourceVersion === 'string') next.metadata.resourceVersion = resourceVersion;
      if (typeof uid === 'string') next.metadata.uid = uid;
      let parent: JsonObject = next;
      for (const key of scale.replicas.slice(0, -1)) parent = ensureObject(parent, key);
      parent[scale.replicas.at(-1) ?? 'replicas'] = replicas;
      return { next };
    },
    context,
  );
  return scaleOf(scale, updated);
}

function paths(resource: Resource): ScalePaths {
  if (resource.scale === undefined) throw ApiError.noSuchResource();
  return resource.scale;
}

function scaleOf(scale: ScalePaths, object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = scale.selector === undefined ? undefined : selectorText(at(object, ...scale.selector));
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    },
    spec: numbered('replicas', at(object, ...scale.replicas)),
    status: {
      replicas: at(object, ...scale.statusReplicas) ?? 0,
      ...(selector === undefined ? {} : { selector }),
    },
  };
}

const numbered = (key: string, value: unknown): JsonObject => (value ? { [key]: value } : {});

/** A LabelSelector in its text form; a string stays as it is. */
export function selectorText(selector: unknown): string | undefined {
  if (selector === undefined) return undefined;
  if (typeof selector === 'string') return selector;
  const { matchLabels, matchExpressions } = asObject(selector);
  const parts = Object.entries(asObject(matchLabels)).map(([key, value]) => `${key}=${value}`);
  for (const each of asList(matchExpressions)) {
    const { key, operator, values } = asObject(each);
    const list = asList(values).join(',');
    if (operator === 'In') parts.push(`${key} in (${list})`);
    else if (operator === 'NotIn') parts.push(`${key} notin (${list})`);
    else parts.push(operator === 'Exists' ? String(key) : `!${key}`);
  }
  return parts.sort().join(',');
}
