import {
  CONFIG_MAPS,
  controllerOf,
  done,
  Index,
  type KubeObject,
  Operator,
  type Outcome,
  Owns,
  Reconciles,
  SECRETS,
  Watches,
} from '@kaito-sdk/core/engine';
import { TestCluster } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { WIDGETS, widgetCrd } from './support/test-server.js';
import { widget } from './support/widgets.js';

const sizeOf = ({ spec }: KubeObject) => String((spec as { size: number }).size);

@Reconciles(WIDGETS, { name: 'declared' })
@Owns(CONFIG_MAPS)
@Watches(SECRETS, ({ metadata }, reconciled) => reconciled('bySize', metadata.name), { namespace: 'default' })
@Index('bySize', (object) => [sizeOf(object)])
class Declared {
  readonly passes: string[] = [];

  async reconcile({ metadata }: KubeObject): Promise<Outcome> {
    this.passes.push(`reconcile ${metadata.name}`);
    return done;
  }

  async teardown({ metadata }: KubeObject): Promise<Outcome> {
    this.passes.push(`teardown ${metadata.name}`);
    return done;
  }
}

describe('a declared controller', () => {
  let cluster: TestCluster;
  let declared: Declared;

  beforeEach(async () => {
    cluster = await TestCluster.start({ crds: [widgetCrd] });
    declared = new Declared();
    await cluster.run((parts) => {
      const operator = new Operator({ ...parts, name: 'declared' });
      return operator.add(controllerOf(declared, operator.cache));
    });
    for (const [name, size] of [
      ['a', 1],
      ['b', 2],
    ] as const) {
      await cluster.client.create(WIDGETS, widget(name, size));
    }
    await cluster.settle();
    declared.passes.length = 0;
  });
  afterEach(() => cluster.stop());

  it('is woken by what its objects own', async () => {
    const { uid = '' } = (await cluster.client.get(WIDGETS, 'default', 'a'))?.metadata ?? {};
    const owner = { apiVersion: 'ex.io/v1', kind: 'Widget', name: 'a', uid, controller: true };
    const metadata = { name: 'm', namespace: 'default', ownerReferences: [owner] };
    await cluster.client.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata });
    await cluster.settle();
    expect(declared.passes).to.deep.equal(['reconcile a']);
  });

  it('is woken by what it watches, through an index of its own objects', async () => {
    await cluster.client.create(SECRETS, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: '2', namespace: 'default' },
    });
    await cluster.settle();
    expect(declared.passes).to.deep.equal(['reconcile b']);
  });

  it('tears down what is being deleted, and passes over what is gone', async () => {
    await cluster.client.merge(WIDGETS, 'default', 'a', { metadata: { finalizers: ['ex.io/hold'] } });
    await cluster.settle();
    declared.passes.length = 0;
    await cluster.client.delete(WIDGETS, 'default', 'a');
    await cluster.client.delete(WIDGETS, 'default', 'b');
    await cluster.settle();
    expect([...new Set(declared.passes)].sort()).to.deep.equal(['teardown a']);
  });

  it('is refused when its class does not say what it reconciles', () => {
    class Silent {
      reconcile = async (): Promise<Outcome> => done;
    }
    const { cache } = new Operator({
      transport: cluster.server.transport,
      clock: cluster.clock,
      random: () => 0,
      name: 'silent',
    });
    expect(() => controllerOf(new Silent(), cache)).to.throw(/class Silent does not say what it reconciles/);
  });
});
