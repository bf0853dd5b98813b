// An operator that has nothing to do with Kaito: for each Greeting it keeps a ConfigMap with the text, and says so in the status.
import * as sdk from '@kaito-sdk/core/engine';

export const GREETINGS = sdk.registerKind({
  group: 'example.com',
  version: 'v1',
  kind: 'Greeting',
  plural: 'greetings',
  namespaced: true,
});

type Greeting = sdk.KubeObject & {
  readonly spec: { readonly name?: string };
  readonly status?: { readonly text?: string };
};

@sdk.Reconciles(GREETINGS, { concurrency: 4 })
@sdk.Owns(sdk.CONFIG_MAPS)
class Greeter {
  constructor(
    private readonly client: sdk.KubeClient,
    private readonly applier: sdk.Applier,
  ) {}

  async reconcile(greeting: Greeting): Promise<sdk.Outcome> {
    const { namespace, name } = greeting.metadata;
    if (!greeting.spec.name) return sdk.waiting('NobodyToGreet', 'spec.name is empty; set it to greet somebody');
    const text = `Hello, ${greeting.spec.name}!`;
    await this.applier.apply([{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { text } }], greeting);
    if (greeting.status?.text !== text) {
      await this.client.merge(GREETINGS, namespace, name, { status: { text } }, { subresource: 'status' });
    }
    return sdk.done;
  }
}

/** The whole operator, ready to start: in `main` on a real cluster, in the test on one in memory. */
export function greetingOperator(parts: Pick<sdk.OperatorOptions, 'transport' | 'clock' | 'random'>): sdk.Operator {
  const operator = new sdk.Operator({ ...parts, name: 'greeting-operator' });
  const { client, cache } = operator;
  const applier = new sdk.Applier({ client, cache, fieldManager: 'greeting-operator', inventory: [sdk.CONFIG_MAPS] });
  return operator.add(sdk.controllerOf<Greeting>(new Greeter(client, applier), cache));
}

if (import.meta.main) {
  const operator = greetingOperator({
    transport: await sdk.connect({ clock: sdk.systemClock }),
    clock: sdk.systemClock,
    random: Math.random,
  });
  process.once('SIGTERM', () => void operator.stop());
  await operator.start();
}
