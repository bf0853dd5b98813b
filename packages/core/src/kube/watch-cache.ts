import type { Clock } from '../clock.js';
import { cachedObject } from './cached-object.js';
import type { Cache, Informer, InformerOptions } from './informer.js';
import { kubeErrors } from './kube-errors.js';
import { labelMatcher } from './label-selector.js';
import type { KubeObject, ResourceKind } from './objects.js';
import { apiVersionOf } from './objects.js';
import { type FirstList, Reflector, type ReflectorTrouble } from './reflector.js';
import { SharedInformer } from './shared-informer.js';
import { SharedText } from './shared-text.js';
import type { Transport } from './transport.js';

export interface WatchCacheOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** In [0, 1): spreads reconnects. */
  readonly random: () => number;
  /** Told of every trouble a watch recovers from. */
  readonly onTrouble?: (trouble: ReflectorTrouble) => void;
  /** Told when a watch that was in trouble is accepted again. */
  readonly onRecovery?: (resource: ResourceKind) => void;
  /** Gets what a subscriber throws. Left out, it is dropped: a subscriber that cares reports for itself. */
  readonly onHandlerError?: (error: unknown, resource: ResourceKind) => void;
  /** A watch without a byte for this long is taken for dead. @default 120000 */
  readonly idleLimitMs?: number;
  /**
   * Cuts objects down before they are kept, to save memory. Must be pure, must leave `metadata` alone, and must keep every
   * field that a reader of the cache looks at: an `Applier` compares all that it renders.
   */
  readonly transform?: (object: KubeObject, resource: ResourceKind) => KubeObject;
  /** See `ReflectorOptions`. @default 'pages' */
  readonly firstList?: FirstList;
}

/** How one watched resource is doing. */
export interface WatchState {
  readonly resource: ResourceKind;
  readonly synced: boolean;
  /** What is wrong, while it is. */
  readonly trouble?: string;
}

interface Source {
  readonly informer: SharedInformer;
  readonly reflector: Reflector;
  trouble: string | undefined;
}

/** Watched copies of what is asked for: one list and one watch for each kind and selector, however many read it. */
export class WatchCache implements Cache {
  private readonly sources = new Map<string, Source>();
  private readonly texts = new SharedText();
  private stopped = false;

  constructor(private readonly options: WatchCacheOptions) {}

  /** Starts to watch at the first call for a kind and selector. Throws once the cache is stopped. */
  informer<T extends KubeObject = KubeObject>(resource: ResourceKind, options: InformerOptions = {}): Informer<T> {
    if (this.stopped) throw kubeErrors.CACHE_STOPPED(resource.plural);
    const { namespace = '', labelSelector = '', metadataOnly = false } = options;
    const key = [apiVersionOf(resource), resource.plural, namespace, labelSelector, metadataOnly].join('|');
    const source = this.sources.get(key) ?? this.open(key, resource, options);
    return source.informer as unknown as Informer<T>;
  }

  /** Resolves when everything asked for so far has been listed. */
  async synced(): Promise<void> {
    await Promise.all([...this.sources.values()].map((source) => source.informer.synced()));
  }

  /**
   * Puts the answer to an own write over the copies until their watches have caught up with it, so that a reconcile that
   * runs before the event comes back does not repeat its work. `writeThrough` calls it for every write of a client.
   */
  wrote(resource: ResourceKind, object: KubeObject): void {
    for (const { informer } of this.sources.values()) {
      if (sameResource(informer.resource, resource)) informer.wrote(object);
    }
  }

  /** One entry for each watch, for health checks. */
  states(): readonly WatchState[] {
    return [...this.sources.values()].map(({ informer, trouble }) => ({
      resource: informer.resource,
      synced: informer.hasSynced,
      ...(trouble === undefined ? {} : { trouble }),
    }));
  }

  /** Ends every watch. What is cached can still be read; nobody is told of anything any more. */
  stop(): void {
    this.stopped = true;
    for (const { informer, reflector } of this.sources.values()) {
      reflector.stop();
      informer.stop(new Error(`the cache was stopped before ${informer.resource.plural} were listed`));
    }
  }

  private open(key: string, resource: ResourceKind, options: InformerOptions): Source {
    const { transform } = this.options;
    const { metadataOnly, optional = false } = options;
    const prepare = cachedObject({
      resource,
      metadataOnly,
      transform: transform === undefined ? undefined : (object) => transform(object, resource),
      texts: this.texts,
    });
    const informer = new SharedInformer({
      resource,
      namespace: options.namespace,
      matches: labelMatcher(options.labelSelector),
      prepare,
      onHandlerError: (error) => this.options.onHandlerError?.(error, resource),
    });
    const reflector = new Reflector({
      ...this.options,
      resource,
      namespace: options.namespace,
      labelSelector: options.labelSelector,
      metadataOnly,
      prepare,
      sink: informer,
      ...(optional ? { onAbsent: () => informer.absent() } : {}),
      onRecovery: () => {
        if (source.trouble === undefined) return;
        source.trouble = undefined;
        this.options.onRecovery?.(resource);
      },
      onTrouble: (trouble) => {
        source.trouble = trouble.message;
        this.options.onTrouble?.(trouble);
      },
    });
    const source: Source = { informer, reflector, trouble: undefined };
    this.sources.set(key, source);
    reflector.start();
    return source;
  }
}

function sameResource(a: ResourceKind, b: ResourceKind): boolean {
  return a.group === b.group && a.version === b.version && a.plural === b.plural;
}
