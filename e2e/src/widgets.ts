import {
  Applier,
  CONFIG_MAPS,
  Controller,
  done,
  type KubeObject,
  type LeaderElectionOptions,
  Operator,
  type ResourceKind,
  registerKind,
  systemClock,
  type Transport,
} from '@kaito-sdk/core';

export const WIDGETS: ResourceKind = registerKind({
  group: 'ex.io',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  namespaced: true,
});

/** `kubectl create -f` of what is in the guide: a kind with a size and a phase. */
export const widgetCrd: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.ex.io' },
  spec: {
    group: 'ex.io',
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets', singular: 'widget', listKind: 'WidgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', properties: { size: { type: 'integer' } } },
              status: { type: 'object', properties: { phase: { type: 'string' } } },
            },
          },
        },
      },
    ],
  },
};

export function widget(name: string, size: number): KubeObject {
  return { apiVersion: 'ex.io/v1', kind: 'Widget', metadata: { name, namespace: 'default' }, spec: { size } };
}

/** An operator as its authors write one, and its controller, which can be asked why. */
export interface WidgetOperator {
  readonly operator: Operator;
  readonly controller: Controller;
}

/** Makes a ConfigMap for each Widget, a second one for a large Widget, and says so in the status. */
export function widgetOperator(transport: Transport, leaderElection?: LeaderElectionOptions): WidgetOperator {
  const operator = new Operator({
    transport,
    clock: systemClock,
    random: Math.random,
    name: 'widget-operator',
    ...(leaderElection === undefined ? {} : { leaderElection }),
  });
  const { client, cache } = operator;
  const widgets = cache.informer(WIDGETS);
  const applier = new Applier({ client, cache, fieldManager: 'widget-operator', inventory: [CONFIG_MAPS] });
  const controller = new Controller({
    name: 'widget',
    resource: WIDGETS,
    owns: [{ resource: CONFIG_MAPS }],
    concurrency: 4,
    reconcile: async ({ namespace, name }, { signal }) => {
      const live = widgets.get(namespace, name);
      if (live === undefined || live.metadata.deletionTimestamp !== undefined) return done;
      const { size } = live.spec as { size: number };
      const maps = size > 10 ? [name, `${name}-more`] : [name];
      await applier.apply(
        maps.map((map) => ({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: map },
          data: { size: String(size) },
        })),
        live,
        { signal },
      );
      if ((live.status as { phase?: string } | undefined)?.phase !== 'Ready') {
        const ready = { status: { phase: 'Ready' } };
        await client.merge(WIDGETS, namespace, name, ready, { subresource: 'status', signal });
      }
      return done;
    },
  });
  operator.add(controller);
  return { operator, controller };
}
