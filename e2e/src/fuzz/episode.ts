import { type FuzzedKind, fuzzedKinds, metadata } from './objects.js';
import { Random } from './random.js';

/** One request of an episode. */
export interface Step {
  readonly method: string;
  readonly path: string;
  readonly contentType?: string;
  readonly body?: unknown;
}

/** A sequence of requests about two objects of one kind, in a namespace of its own. */
export interface Episode {
  readonly seed: number;
  readonly plural: string;
  readonly namespace: string;
  readonly steps: readonly Step[];
}

const PATCH = { merge: 'application/merge-patch+json', strategic: 'application/strategic-merge-patch+json' } as const;
const APPLY = 'application/apply-patch+yaml';

/** The episode of a seed. `kinds` are plurals; the seed picks one of them. */
export function episode(seed: number, length: number, kinds: readonly string[], namespace: string): Episode {
  const random = new Random(seed);
  const plural = random.pick(...kinds);
  const kind = fuzzedKinds[plural];
  if (kind === undefined) throw new Error(`${plural} is not fuzzed; known are ${Object.keys(fuzzedKinds).join(', ')}`);
  return { seed, plural, namespace, steps: Array.from({ length }, () => step(random, kind, namespace)) };
}

function step(random: Random, kind: FuzzedKind, namespace: string): Step {
  const { apiVersion, kind: Kind } = kind;
  const collection = kind.collection(namespace);
  const name = random.pick('p', 'q');
  const path = `${collection}/${name}`;
  const type = { apiVersion, kind: Kind };
  const whole = (): object => ({ ...type, metadata: metadata(random, name), ...kind.fields(random) });
  const part = (): object => ({
    ...random.maybe(3, () => ({ metadata: metadata(random, name) })),
    ...kind.fields(random),
  });
  switch (random.below(12)) {
    case 0:
    case 1:
      return { method: 'POST', path: `${collection}${random.once(6) ? '?dryRun=All' : ''}`, body: whole() };
    case 2:
      return { method: 'PUT', path, body: whole() };
    case 3:
      return { method: 'PATCH', path, contentType: PATCH.merge, body: part() };
    case 4:
      return { method: 'PATCH', path, contentType: PATCH.strategic, body: part() };
    case 5:
    case 6:
    case 7: {
      const manager = random.pick('m1', 'm2');
      const force = random.once(2) ? '&force=true' : '';
      return { method: 'PATCH', path: `${path}?fieldManager=${manager}${force}`, contentType: APPLY, body: whole() };
    }
    case 8: {
      const options = random.pick(
        undefined,
        { propagationPolicy: 'Foreground' },
        { propagationPolicy: 'Orphan' },
        undefined,
      );
      return { method: 'DELETE', path, ...(options === undefined ? {} : { body: options }) };
    }
    case 9:
      return { method: 'PATCH', path, contentType: PATCH.merge, body: { metadata: { finalizers: null } } };
    case 10:
      return { method: 'GET', path: random.pick(path, collection, `${collection}?labelSelector=x%3D1`, `${path}?x=1`) };
    default:
      return status(random, path, whole(), { ...type, metadata: { name } });
  }
}

function status(random: Random, path: string, whole: object, bare: object): Step {
  const replicas = random.below(3);
  return random.pick<() => Step>(
    () => ({ method: 'PUT', path: `${path}/status`, body: whole }),
    () => ({ method: 'PATCH', path: `${path}/status`, contentType: PATCH.merge, body: { status: { replicas: 1 } } }),
    () => ({
      method: 'PATCH',
      path: `${path}/status?fieldManager=st`,
      contentType: APPLY,
      body: { ...bare, status: { replicas } },
    }),
  )();
}
