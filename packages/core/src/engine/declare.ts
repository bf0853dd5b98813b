import type { Cache, InformerChange, InformerOptions } from '../kube/informer.js';
import type { KubeObject, ResourceKind } from '../kube/objects.js';
import { Controller, type OwnedSource, type ReconcileContext, type WatchedSource } from './controller.js';
import { engineErrors } from './engine-errors.js';
import type { ObjectKey } from './object-key.js';
import { done, type Outcome } from './outcome.js';

/** What a class is that says by decorators what it reconciles. */
export interface Reconciler<T extends KubeObject = KubeObject> {
  /** Brings an object that is there, and not being deleted, to where it should be. */
  reconcile(object: T, context: ReconcileContext): Promise<Outcome>;
  /** Called instead for an object that is being deleted. @default nothing to do */
  teardown?(object: T, context: ReconcileContext): Promise<Outcome>;
}

export interface ReconcilesOptions {
  /** In logs and metrics. @default the plural of the resource */
  readonly name?: string;
  /** @default 1 */
  readonly concurrency?: number;
  readonly select?: InformerOptions;
  readonly predicate?: (change: InformerChange<KubeObject>) => boolean;
}

interface IndexDeclaration {
  readonly name: string;
  readonly values: (object: KubeObject) => readonly string[];
}

interface Declaration {
  resource?: ResourceKind;
  options: ReconcilesOptions;
  readonly owns: OwnedSource[];
  readonly watches: ((reconciled: (index: string, value: string) => readonly ObjectKey[]) => WatchedSource)[];
  readonly indexes: IndexDeclaration[];
}

type ClassDecorator = (target: new (...args: never[]) => object) => void;

const declarations = new WeakMap<object, Declaration>();

/** Says what a {@link Reconciler} reconciles. Plain class decorators, in their old and in their standard form; no emitted metadata. */
export function Reconciles(resource: ResourceKind, options: ReconcilesOptions = {}): ClassDecorator {
  return (target) => {
    const declaration = declarationOf(target);
    declaration.resource = resource;
    declaration.options = options;
  };
}

/** A change of an object of this kind wakes the owner that controls it. */
export function Owns(resource: ResourceKind, options: InformerOptions = {}): ClassDecorator {
  return (target) => void declarationOf(target).owns.push({ resource, ...options });
}

/**
 * A change of an object of this kind wakes the objects that `map` names. Its second argument looks them up by an
 * {@link Index} of the reconciled kind.
 */
export function Watches(
  resource: ResourceKind,
  map: (object: KubeObject, reconciled: (index: string, value: string) => readonly ObjectKey[]) => readonly ObjectKey[],
  options: InformerOptions = {},
): ClassDecorator {
  return (target) =>
    void declarationOf(target).watches.push((reconciled) => ({
      resource,
      ...options,
      map: (object) => map(object, reconciled),
    }));
}

/** Files the reconciled objects under these values, for {@link Watches} and for `cache.informer(…).byIndex(name, value)`. */
export function Index(name: string, values: (object: KubeObject) => readonly string[]): ClassDecorator {
  return (target) => void declarationOf(target).indexes.push({ name, values });
}

/** The controller of an instance whose class carries {@link Reconciles}. The instance may come from a container or from `new`. */
export function controllerOf<T extends KubeObject>(reconciler: Reconciler<T>, cache: Cache): Controller<T> {
  const type = reconciler.constructor;
  const { resource, options, owns, watches, indexes } = declarationOf(type);
  if (resource === undefined) throw engineErrors.NOT_DECLARED(type.name);
  const informer = cache.informer<T>(resource, options.select);
  for (const { name, values } of indexes) informer.addIndex(name, values);
  const reconciled = (index: string, value: string): readonly ObjectKey[] =>
    informer
      .byIndex(index, value)
      .map(({ metadata }) => ({ namespace: metadata.namespace ?? '', name: metadata.name }));
  const { name = resource.plural, concurrency, select, predicate } = options;
  return new Controller<T>({
    name,
    resource,
    owns,
    watches: watches.map((bind) => bind(reconciled)),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(select === undefined ? {} : { select }),
    ...(predicate === undefined ? {} : { predicate: predicate as (change: InformerChange<T>) => boolean }),
    reconcile: async (key, context) => {
      const object = informer.get(key.namespace, key.name);
      if (object === undefined) return done;
      if (object.metadata.deletionTimestamp === undefined) return reconciler.reconcile(object, context);
      return reconciler.teardown?.(object, context) ?? done;
    },
  });
}

function declarationOf(target: object): Declaration {
  const had = declarations.get(target);
  if (had !== undefined) return had;
  const made: Declaration = { options: {}, owns: [], watches: [], indexes: [] };
  declarations.set(target, made);
  return made;
}
