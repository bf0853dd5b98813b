import * as sdk from '@kaito-sdk/core';
import { GREETINGS, type GreetingObject } from './greeting.js';

const NAME = '__NAME__';

/** On all that it makes, so that it watches only this, and not every ConfigMap of the cluster. */
const MADE = { 'app.kubernetes.io/managed-by': NAME };
const labelSelector = `app.kubernetes.io/managed-by=${NAME}`;

/** Keeps a ConfigMap with the text for each Greeting, and says so in the status. */
@sdk.Reconciles(GREETINGS, { concurrency: 4 })
@sdk.Owns(sdk.CONFIG_MAPS, { labelSelector })
class Greeter {
  constructor(
    private readonly client: sdk.KubeClient,
    private readonly applier: sdk.Applier,
  ) {}

  /** Looks at what is and does what is missing; called again whenever the Greeting or its ConfigMap changes. */
  async reconcile(greeting: GreetingObject): Promise<sdk.Outcome> {
    const { namespace, name } = greeting.metadata;
    const text = `Hello, ${greeting.spec.name}!`;
    const metadata = { name, labels: MADE };
    await this.applier.apply([{ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { text } }], greeting);
    if (greeting.status?.text !== text) {
      await this.client.merge(GREETINGS, namespace, name, { status: { text } }, { subresource: 'status' });
    }
    return sdk.done;
  }
}

/** Of several pods that are given this, one acts and the others stand by. */
export const leaderElection = (namespace: string, identity: string): sdk.LeaderElectionOptions => ({
  namespace,
  name: NAME,
  identity,
});

/** The whole operator, ready to start: in main.ts on a real cluster, in the tests on one in memory. */
export function operator(parts: Omit<sdk.OperatorOptions, 'name'>): sdk.Operator {
  const made = new sdk.Operator({ ...parts, name: NAME });
  const { client, cache } = made;
  // Every kind that is rendered stands in the inventory, and above in Owns.
  const applier = new sdk.Applier({ client, cache, fieldManager: NAME, inventory: [sdk.CONFIG_MAPS], labelSelector });
  return made.add(sdk.controllerOf<GreetingObject>(new Greeter(client, applier), cache));
}
