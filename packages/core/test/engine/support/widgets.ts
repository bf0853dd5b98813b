import {
  Applier,
  CONFIG_MAPS,
  Controller,
  type KubeObject,
  type ObjectKey,
  Operator,
  type OperatorOptions,
  type Outcome,
} from '@kaito-sdk/core';
import { WIDGETS } from './test-server.js';

export function widget(name: string, size: number): KubeObject {
  return { apiVersion: 'ex.io/v1', kind: 'Widget', metadata: { name, namespace: 'default' }, spec: { size } };
}

/** A trivial operator: a ConfigMap for each Widget, one more for a large one, and a phase in the status. */
export function widgetOperator(options: OperatorOptions): {
  readonly operator: Operator;
  readonly controller: Controller;
  readonly passes: string[];
} {
  const operator = new Operator(options);
  const { client, cache } = operator;
  const widgets = cache.informer(WIDGETS);
  const applier = new Applier({ client, cache, fieldManager: options.name, inventory: [CONFIG_MAPS] });
  const passes: string[] = [];
  const controller = new Controller({
    name: 'widget',
    resource: WIDGETS,
    owns: [{ resource: CONFIG_MAPS }],
    concurrency: 4,
    reconcile: async (key: ObjectKey, { signal, reason }): Promise<Outcome> => {
      passes.push(`${key.name}: ${reason}`);
      const live = widgets.get(key.namespace, key.name);
      if (live === undefined || live.metadata.deletionTimestamp !== undefined) return { kind: 'done' };
      const size = (live.spec as { size: number }).size;
      const maps = size > 10 ? [key.name, `${key.name}-more`] : [key.name];
      await applier.apply(
        maps.map((name) => configMap(name, size)),
        live,
        { signal },
      );
      if ((live.status as { phase?: string } | undefined)?.phase !== 'Ready') {
        await client.merge(
          WIDGETS,
          key.namespace,
          key.name,
          { status: { phase: 'Ready' } },
          { subresource: 'status', signal },
        );
      }
      return { kind: 'done' };
    },
  });
  operator.add(controller);
  return { operator, controller, passes };
}

function configMap(name: string, size: number): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { size: String(size) } };
}
