import { ApiError } from '../../http/api-error.js';
import type { KubeObject } from '../../objects.js';
import { asList, asObject, copyJson } from '../../store/json.js';
import type { WriteContext } from '../decode.js';
import { timestamp } from '../metadata.js';
import type { Registry } from '../registry.js';
import type { Resource } from '../resource.js';

/** Binds a pod to the node in `binding.target.name`, as the scheduler does: the only way to set `spec.nodeName` after creation. */
export async function bindPod(
  registry: Registry,
  pods: Resource,
  namespace: string | undefined,
  name: string,
  binding: unknown,
  context: WriteContext,
): Promise<KubeObject> {
  const node = asObject(asObject(binding).target).name;
  if (typeof node !== 'string' || node === '') {
    throw ApiError.invalid({ group: '', kind: 'Binding' }, name, [
      { reason: 'FieldValueRequired', message: 'Required value', field: 'target.name' },
    ]);
  }
  return registry.update(
    pods,
    namespace,
    name,
    'binding',
    (live) => {
      const spec = asObject(live.spec);
      const refuse = (why: string): never => {
        throw ApiError.conflict({ group: '', plural: 'pods/binding' }, name, why);
      };
      if (live.metadata.deletionTimestamp !== undefined)
        refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
      if (spec.nodeName) refuse(`pod ${name} is already assigned to node ${JSON.stringify(spec.nodeName)}`);
      const next = copyJson(live);
      next.spec = { ...asObject(next.spec), nodeName: node };
      const now = timestamp(registry.around.clock.now());
      const status = asObject(next.status);
      const others = asList(status.conditions).filter((each) => asObject(each).type !== 'PodScheduled');
      next.status = {
        ...status,
        conditions: [...others, { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: now }],
      };
      return { next };
    },
    context,
  );
}
