/** Which plugin threw an error, and at what. The errors stay as they are: logs, traces and whoever matches on them see the same. */
export interface Culprit {
  readonly kind: 'provisioner' | 'runtime' | 'catalog';
  readonly name: string;
  /** Method of the contract. */
  readonly call: string;
}

const culprits = new WeakMap<object, Culprit>();

/** The plugin that threw this error, if one of those watched did. */
export function culpritOf(error: unknown): Culprit | undefined {
  return typeof error === 'object' && error !== null ? culprits.get(error) : undefined;
}

/** The same plugin; whatever it throws is known to be its own from then on. */
export function watched<T extends { readonly name: string }>(kind: Culprit['kind'], plugin: T): T {
  const blame = (error: unknown, call: string): never => {
    if (typeof error === 'object' && error !== null && !culprits.has(error)) {
      culprits.set(error, { kind, name: plugin.name, call });
    }
    throw error;
  };
  return new Proxy(plugin, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function' || typeof property !== 'string') return value;
      return (...args: unknown[]) => {
        try {
          const answer: unknown = Reflect.apply(value, target, args);
          return answer instanceof Promise ? answer.catch((error: unknown) => blame(error, property)) : answer;
        } catch (error) {
          return blame(error, property);
        }
      };
    },
  });
}
