import type { ClusterClient } from '../client.js';
import type { Clock } from '../clock.js';
import { kinds } from '../kinds.js';
import type { KubeObject } from '../objects.js';
import { isReason } from './api-failure.js';
import { fingerprint } from './fingerprint.js';
import { timestamp } from './timestamp.js';

/** Who an event is about. */
export interface EventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly uid?: string;
  readonly fieldPath?: string;
}

/**
 * Writes core/v1 Events in the background. A repetition raises `count` of the first one instead of adding another, as
 * the client libraries do. An event that cannot be written (its namespace is going) is dropped.
 */
export class EventRecorder {
  readonly #seen = new Map<string, { readonly name: string; count: number }>();
  #tail: Promise<void> = Promise.resolve();
  #pending = 0;

  constructor(
    readonly client: ClusterClient,
    readonly clock: Clock,
  ) {}

  get busy(): boolean {
    return this.#pending > 0;
  }

  /** @param component who says it: `default-scheduler`, `kubelet`, `deployment-controller`, … */
  record(
    subject: KubeObject | EventSubject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    component: string,
    host?: string,
  ): void {
    this.#pending++;
    this.#tail = this.#tail
      .then(() => this.#write(referenceTo(subject), type, reason, message, component, host))
      .catch(() => undefined)
      .finally(() => {
        this.#pending--;
      });
  }

  async #write(
    involvedObject: EventSubject,
    type: string,
    reason: string,
    message: string,
    component: string,
    host: string | undefined,
  ): Promise<void> {
    // Events about cluster-scoped objects live in the namespace `default`.
    const namespace = involvedObject.namespace ?? 'default';
    const key = fingerprint([involvedObject, type, reason, message, component], 13);
    const now = timestamp(this.clock.now());
    const known = this.#seen.get(key);
    if (known !== undefined) {
      known.count++;
      try {
        await this.client.merge(kinds.events, namespace, known.name, { count: known.count, lastTimestamp: now });
        return;
      } catch (error) {
        if (!isReason(error, 'NotFound')) throw error;
        known.count = 1;
      }
    }
    const name = `${involvedObject.name.slice(0, 230)}.${key}`;
    this.#seen.set(key, { name, count: 1 });
    if (this.#seen.size > 5000) for (const oldest of this.#seen.keys()) if (this.#seen.delete(oldest)) break;
    await this.client.create(kinds.events, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace },
      involvedObject,
      type,
      reason,
      message,
      source: host === undefined ? { component } : { component, host },
      reportingComponent: component,
      reportingInstance: host ?? '',
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    });
  }
}

function referenceTo(subject: KubeObject | EventSubject): EventSubject {
  if (!('metadata' in subject)) return subject;
  const { apiVersion, kind, metadata } = subject as KubeObject;
  const { namespace, name, uid } = metadata;
  return {
    apiVersion,
    kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
  };
}
