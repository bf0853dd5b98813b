import type { Clock } from '../clock.js';
import type { Kind } from '../kinds.js';
import type { KubeObject } from '../objects.js';
import type { ServedResource } from './api-resources.js';
import type { ClusterView } from './cluster-view.js';
import type { EventRecorder } from './event-recorder.js';
import { type Again, KeyedQueue } from './keyed-queue.js';
import type { Change, Mirror } from './mirror.js';

/** What every controller is given. */
export interface ControllerContext {
  readonly view: ClusterView;
  readonly clock: Clock;
  readonly events: EventRecorder;
  /** What the API server serves at this moment. */
  readonly resources: () => readonly ServedResource[];
  /** Told of each failed reconcile; it is tried again in any case. Nothing is printed by default. */
  readonly failed?: (controller: string, key: string, error: unknown) => void;
}

/** Says which keys a change of one kind wakes up. Made by {@link source}. */
export interface Source {
  readonly kind: Kind;
  readonly wire: (mirror: Mirror<KubeObject>, add: (key: string) => void) => () => void;
}

/** `keys` gets each change and answers the keys to reconcile, `namespace/name` by convention. */
export function source<T extends KubeObject>(kind: Kind<T>, keys: (change: Change<T>) => Iterable<string>): Source {
  return {
    kind,
    wire: (mirror, add) =>
      (mirror as unknown as Mirror<T>).observe((change) => {
        for (const key of keys(change)) add(key);
      }),
  };
}

/** One control loop: what it watches, and what it does about one key. It is driven by state, never by the event itself. */
export interface Controller {
  readonly name: string;
  readonly sources: readonly Source[];
  reconcile(key: string): Promise<Again | undefined>;
  /** Wires up what the sources cannot express. The answer undoes it. */
  begin?(add: (key: string) => void): () => void;
}

/** A controller at work. */
export interface RunningController {
  readonly name: string;
  readonly busy: boolean;
  /** For a test that wants to see what happens without it for a while. */
  pause(): void;
  resume(): void;
  stop(): void;
}

/** Starts a controller once all that it looks at is known. */
export function runController(controller: Controller, context: ControllerContext): RunningController {
  const queue = new KeyedQueue(
    context.clock,
    (key) => controller.reconcile(key),
    (key, error) => context.failed?.(controller.name, key, error),
  );
  const mirrors = controller.sources.map(({ kind }) => context.view.mirror(kind));
  const stops = controller.sources.map(({ kind, wire }) =>
    wire(context.view.mirror(kind) as Mirror<KubeObject>, (key) => queue.add(key)),
  );
  const undo = controller.begin?.((key) => queue.add(key));
  if (undo !== undefined) stops.push(undo);
  let starting = true;
  void Promise.all(mirrors.map((mirror) => mirror.synced)).then(() => {
    starting = false;
    queue.open();
  });
  return {
    name: controller.name,
    get busy() {
      return starting || queue.busy;
    },
    pause: () => queue.pause(),
    resume: () => queue.open(),
    stop() {
      queue.stop();
      for (const stop of stops.splice(0)) stop();
    },
  };
}

/** `namespace/name`, or `/name` for what has no namespace. */
export function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

/** The namespace and name of a key made by {@link keyOf}. */
export function splitKey(key: string): { namespace: string | undefined; name: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash) || undefined, name: key.slice(slash + 1) };
}
