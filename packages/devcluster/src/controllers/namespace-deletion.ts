import { type Condition, kinds } from '../kinds.js';
import type { KubeObject } from '../objects.js';
import { isReason } from './api-failure.js';
import type { ServedResource } from './api-resources.js';
import { withCondition } from './conditions.js';
import { type Controller, type ControllerContext, source, splitKey } from './controller.js';
import { writeStatus } from './status-writer.js';

/**
 * Empties a namespace that is being deleted, then lets it go (kube-controller-manager's namespace controller). What is
 * held by finalizers is named in the conditions; each object that goes wakes it up again.
 */
export function namespaceDeletion({ view, clock, resources: served }: ControllerContext): Controller {
  const watched = new Map<string, (() => void)[]>();
  let wake: (key: string) => void = () => {};

  return {
    name: 'namespace',
    sources: [
      source(kinds.namespaces, ({ object }) =>
        object.metadata.deletionTimestamp === undefined ? [] : [`/${object.metadata.name}`],
      ),
    ],
    begin(add) {
      wake = add;
      return () => {
        for (const name of [...watched.keys()]) unwatch(name);
      };
    },
    async reconcile(key) {
      const { name } = splitKey(key);
      const namespace = view.mirror(kinds.namespaces).get(undefined, name);
      if (namespace?.metadata.deletionTimestamp === undefined) {
        unwatch(name);
        return undefined;
      }
      const resources = served().filter(({ namespaced }) => namespaced);
      const left = await empty(name, resources);
      if (left.length === 0) {
        unwatch(name);
        await finalize(namespace);
        return undefined;
      }
      await writeStatus(view, kinds.namespaces, namespace, {
        ...(namespace.status as object | undefined),
        conditions: remaining(namespace, left),
      });
      await watch(name, left);
      return undefined;
    },
  };

  async function empty(name: string, resources: readonly ServedResource[]): Promise<Left[]> {
    const left: Left[] = [];
    for (const resource of resources) {
      const { items } = await view.client.list(resource, { namespace: name });
      for (const item of items) {
        if (item.metadata.deletionTimestamp === undefined)
          await view.delete(resource, item, { propagationPolicy: 'Background' });
      }
      if (items.length === 0) continue;
      const after = await view.client.list(resource, { namespace: name });
      if (after.items.length > 0) left.push({ resource, items: after.items });
    }
    return left;
  }

  async function finalize(namespace: KubeObject): Promise<void> {
    const spec = namespace.spec as { finalizers?: string[] } | undefined;
    const finalizers = (spec?.finalizers ?? []).filter((finalizer) => finalizer !== 'kubernetes');
    try {
      await view.client.update(kinds.namespaces, { ...namespace, spec: { ...spec, finalizers } }, 'finalize');
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
    }
  }

  /** Grace periods and finalizers decide how long it takes, so the next look comes when something has gone. */
  async function watch(name: string, left: readonly Left[]): Promise<void> {
    unwatch(name);
    const mirrors = left.map(({ resource }) => view.mirror<KubeObject>(resource));
    await Promise.all(mirrors.map((mirror) => mirror.synced));
    const stops = mirrors.map((mirror) =>
      mirror.observe(({ object, gone }) => {
        if (gone && object.metadata.namespace === name) wake(`/${name}`);
      }),
    );
    watched.set(name, stops);
    if (mirrors.some((mirror) => mirror.list(name).length === 0)) wake(`/${name}`);
  }

  function unwatch(name: string): void {
    for (const stop of watched.get(name) ?? []) stop();
    watched.delete(name);
  }

  function remaining(namespace: KubeObject, left: readonly Left[]): readonly Condition[] {
    const old = (namespace.status as { conditions?: Condition[] } | undefined)?.conditions ?? [];
    const counts = left.map(({ resource, items }) => `${nameOf(resource)} has ${items.length} resource instances`);
    const held = new Map<string, number>();
    for (const finalizer of left.flatMap(({ items }) => items.flatMap(({ metadata }) => metadata.finalizers ?? []))) {
      held.set(finalizer, (held.get(finalizer) ?? 0) + 1);
    }
    const next = withCondition(
      old,
      {
        type: 'NamespaceContentRemaining',
        status: 'True',
        reason: 'SomeResourcesRemain',
        message: `Some resources are remaining: ${counts.join(', ')}`,
      },
      clock.now(),
    );
    if (held.size === 0) return next;
    const holders = [...held].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`);
    return withCondition(
      next,
      {
        type: 'NamespaceFinalizersRemaining',
        status: 'True',
        reason: 'SomeFinalizersRemain',
        message: `Some content in the namespace has finalizers remaining: ${holders.join(', ')}`,
      },
      clock.now(),
    );
  }
}

interface Left {
  readonly resource: ServedResource;
  readonly items: readonly KubeObject[];
}

function nameOf({ plural, group }: ServedResource): string {
  return `${plural}.${group}`;
}
