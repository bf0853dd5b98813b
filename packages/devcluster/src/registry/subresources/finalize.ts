import type { KubeObject } from '../../objects.js';
import { asObject, copyJson } from '../../store/json.js';
import { decodeObject, type WriteContext } from '../decode.js';
import type { Registry } from '../registry.js';
import type { Resource } from '../resource.js';

/** `PUT /namespaces/NAME/finalize`: sets `spec.finalizers`, which nothing else may change. The namespace goes with the last one. */
export async function finalizeNamespace(
  registry: Registry,
  namespaces: Resource,
  name: string,
  body: unknown,
  context: WriteContext,
): Promise<KubeObject> {
  const { finalizers } = asObject(decodeObject(namespaces, body, context).spec);
  return registry.update(
    namespaces,
    undefined,
    name,
    'finalize',
    (live) => {
      const next = copyJson(live);
      const { finalizers: _, ...spec } = asObject(next.spec);
      next.spec = finalizers === undefined ? spec : { ...spec, finalizers };
      return { next };
    },
    context,
  );
}
