import { CONFIG_MAPS, type KubeObject, LEASES, type Operator } from '@kaito-sdk/core';
import {
  boundedWrites,
  crashAnywhere,
  enoughRights,
  faultAnywhere,
  idempotent,
  type OperatorParts,
  quietAtRest,
  type Scenario,
  singleLeader,
  staleCache,
} from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { WIDGETS, widgetCrd } from './support/test-server.js';
import { widget, widgetOperator } from './support/widgets.js';

const phase = (object: KubeObject | undefined) => (object?.status as { phase?: string } | undefined)?.phase;

/** A user makes three Widgets, changes one and deletes a ConfigMap; it ends when all is as the Widgets say. */
const scenario: Scenario = {
  crds: [widgetCrd],
  operator: (parts) => widgetOperator({ ...parts, name: 'widget-operator' }).operator,
  async arrange({ client }) {
    for (const [name, size] of [
      ['a', 1],
      ['b', 20],
    ] as const) {
      await client.create(WIDGETS, widget(name, size));
    }
    await client.merge(WIDGETS, 'default', 'a', { spec: { size: 12 } });
  },
  async converged({ client }) {
    const widgets = (await client.list(WIDGETS)).items;
    const maps = (await client.list(CONFIG_MAPS, { namespace: 'default' })).items;
    const sizes = maps
      .filter(({ metadata }) => metadata.ownerReferences)
      .map(({ metadata, data }) => `${metadata.name}=${(data as { size: string }).size}`);
    return widgets.every((one) => phase(one) === 'Ready') && sizes.sort().join() === 'a-more=12,a=12,b-more=20,b=20';
  },
  observes: [WIDGETS, CONFIG_MAPS],
};

describe('the Widget operator', () => {
  it('writes nothing after a restart over converged objects', () => idempotent(scenario));
  it('is quiet at rest', () => quietAtRest(scenario));
  it('comes to the same end wherever it is killed', async () => {
    expect(await crashAnywhere(scenario)).to.be.greaterThan(10);
  });
  it('comes to the same end whichever write meets whichever fault', async () => {
    expect(await faultAnywhere(scenario)).to.be.greaterThan(20);
  });
  it('comes to the same end with watches that lag, out of step, and repeat themselves', () => staleCache(scenario));
  it('converges in at most eight writes and with one list of each kind', async () => {
    expect(await boundedWrites(scenario, 8)).to.be.within(6, 8);
  });
  it('asks for nothing that its role does not allow', () =>
    enoughRights(scenario, [roleWith('get', 'list', 'watch', 'create', 'patch')]));
  it('never writes but while it holds the lease, and is followed when it dies', () =>
    singleLeader({
      ...scenario,
      lease: { resource: LEASES, namespace: 'default', name: 'widgets' },
      operator: (identity) => (parts) => {
        const leaderElection = { namespace: 'default', name: 'widgets', identity };
        return widgetOperator({ ...parts, name: 'widget-operator', leaderElection }).operator;
      },
    }));
});

/** What the Widget operator is deployed with. */
function roleWith(...verbsOfConfigMaps: readonly string[]): KubeObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'widget-operator' },
    rules: [
      { apiGroups: ['ex.io'], resources: ['widgets'], verbs: ['list', 'watch'] },
      { apiGroups: ['ex.io'], resources: ['widgets/status'], verbs: ['patch'] },
      { apiGroups: [''], resources: ['configmaps'], verbs: verbsOfConfigMaps },
    ],
  };
}

describe('an invariant checker', () => {
  /** The same operator, with something wrong added to it. */
  const flawed = (more: (operator: Operator, parts: OperatorParts) => void): Scenario => ({
    ...scenario,
    operator: (parts) => {
      const operator = scenario.operator(parts);
      more(operator, parts);
      return operator;
    },
  });
  const name = (prefix: string, random: () => number) => `${prefix}-${Math.floor(random() * 1e9)}`;
  const extra = (name: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default' },
  });
  const broken = (check: Promise<unknown>) => check.then(() => 'holds', String);

  it('sees an operator that writes at every start', async () => {
    const restless = flawed(({ client }) => void client.apply(CONFIG_MAPS, extra('started'), { fieldManager: 'x' }));
    expect(await broken(idempotent(restless))).to.match(
      /idempotence: a restart over converged objects wrote patch configmaps\/started/,
    );
  });

  it('sees an operator that polls, and one that touches what is at rest', async () => {
    const polling = flawed(({ client }, { clock }) => {
      const poll = (): void => void client.list(WIDGETS).then(() => clock.after(60_000, poll));
      poll();
    });
    expect(await broken(quietAtRest(polling))).to.match(/quiet at rest: it asked list widgets/);
    const touching = flawed(({ client }, { clock }) => {
      const touch = (): void => {
        void client
          .merge(WIDGETS, 'default', 'a', { metadata: { annotations: { at: String(clock.now()) } } })
          .catch(() => undefined);
        clock.after(60_000, touch);
      };
      touch();
    });
    expect(await broken(quietAtRest(touching))).to.match(/quiet at rest: .* it wrote patch widgets\/a/);
  });

  it('sees an operator that leaves another orphan behind at every start', async () => {
    const littering = flawed(
      ({ client }, { random }) => void client.create(CONFIG_MAPS, extra(name('litter', random))).catch(() => undefined),
    );
    expect(await broken(crashAnywhere(littering))).to.match(/crash anywhere: killed .*, the end differs/);
  });

  it('sees an operator that writes too much', async () => {
    expect(await broken(boundedWrites(scenario, 3))).to.match(
      /bounded writes: \d instead of at most 3: create configmaps\/a/,
    );
  });

  it('sees an operator whose role is not enough, and says what to add', async () => {
    expect(await broken(enoughRights(scenario, [roleWith('get', 'list', 'watch', 'patch')]))).to.match(
      /its roles lack these rules\n- \{ apiGroups: \[""\], resources: \[configmaps\], verbs: \[create\] \}$/,
    );
  });

  it('sees an operator that writes without the lease', async () => {
    const unled = singleLeader({
      ...scenario,
      lease: { resource: LEASES, namespace: 'default', name: 'widgets' },
      operator: () => scenario.operator,
    });
    expect(await broken(unled)).to.match(/single leader: .*wrote configmaps while nobody led/);
  });
});
