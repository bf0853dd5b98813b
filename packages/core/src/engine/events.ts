import { createHash } from 'node:crypto';
import type { Clock } from '../clock.js';
import type { KubeClient } from '../kube/client.js';
import { isAlreadyExists, isNotFound } from '../kube/errors.js';
import { EVENTS } from '../kube/kinds.js';
import type { KubeObject } from '../kube/objects.js';
import { type Log, silentLog } from './log.js';
import { microTime } from './micro-time.js';

/** Something worth telling the owner of an object, as `kubectl describe` shows it. */
export interface EventNote {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, stable. */
  readonly reason: string;
  /** What was done or tried: CamelCase verb. @default the reason */
  readonly action?: string;
  /** One sentence. Cut at 1024 bytes, the server's limit. */
  readonly note: string;
}

export interface EventRecorderOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log?: Log;
  /** Who reports, such as `example.com/widgets`. */
  readonly controller: string;
  /** Which process of it. */
  readonly instance: string;
}

/** For each object: so many at once, then one in so long. The figures of client-go's spam filter. */
const burst = 25;
const refillMs = 300_000;
/** As many are written at once, those about one object in their order. One at a time falls behind a thousand objects that become ready. */
const lanes = 4;
/** Events live an hour on the server; what we remember of older ones is of no use. */
const memoryMs = 3_600_000;

interface Series {
  readonly name: string;
  readonly namespace: string;
  count: number;
  lastAt: number;
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

/**
 * Writes `events.k8s.io/v1` events in the background. The same event again becomes a count on the first one; an object that
 * is talked about too much is talked about less. Losing an event is never an error of the caller.
 */
export class EventRecorder {
  private readonly series = new Map<string, Series>();
  private readonly buckets = new Map<string, Bucket>();
  private readonly log: Log;
  private readonly tails: Promise<void>[] = Array.from({ length: lanes }, () => Promise.resolve());

  constructor(private readonly options: EventRecorderOptions) {
    this.log = options.log ?? silentLog;
  }

  /** Tells about `regarding`. Returns at once. */
  record(regarding: KubeObject, event: EventNote): void {
    const now = this.options.clock.now();
    this.forgetOld(now);
    const about =
      regarding.metadata.uid ?? `${regarding.kind}/${regarding.metadata.namespace}/${regarding.metadata.name}`;
    const key = [about, event.type, event.reason, event.action, event.note].join('|');
    const had = this.series.get(key);
    const series = had ?? this.begin(key, regarding, now);
    if (had !== undefined) {
      had.count++;
      had.lastAt = now;
    }
    if (!this.take(about, now)) return;
    const lane = laneOf(about);
    this.tails[lane] = (this.tails[lane] as Promise<void>).then(() =>
      this.write(series, regarding, event, now).catch((error) =>
        this.log.warn('an event was lost', { reason: event.reason, error }),
      ),
    );
  }

  /** Resolves when everything recorded so far is written. */
  async flush(): Promise<void> {
    await Promise.all(this.tails);
  }

  private begin(key: string, regarding: KubeObject, now: number): Series {
    // The same name after a restart: the server then says that it exists, and the count goes on there.
    const hash = createHash('sha256').update(key).digest('hex').slice(0, 16);
    const name = `${regarding.metadata.name.slice(0, 230)}.${hash}`;
    const series = { name, namespace: regarding.metadata.namespace ?? 'default', count: 1, lastAt: now };
    this.series.set(key, series);
    return series;
  }

  private async write(series: Series, regarding: KubeObject, event: EventNote, now: number): Promise<void> {
    if (series.count > 1 && (await this.repeat(series))) return;
    const { controller, instance } = this.options;
    try {
      await this.options.client.create(EVENTS, {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name: series.name, namespace: series.namespace },
        eventTime: microTime(now),
        reportingController: controller,
        reportingInstance: instance.slice(0, 128),
        type: event.type,
        reason: event.reason,
        action: event.action ?? event.reason,
        note: cut(event.note, 1024),
        regarding: {
          apiVersion: regarding.apiVersion,
          kind: regarding.kind,
          name: regarding.metadata.name,
          ...(regarding.metadata.namespace === undefined ? {} : { namespace: regarding.metadata.namespace }),
          ...(regarding.metadata.uid === undefined ? {} : { uid: regarding.metadata.uid }),
        },
      });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const live = await this.options.client.get(EVENTS, series.namespace, series.name);
      const count = (live?.series as { count?: number } | undefined)?.count ?? 1;
      series.count = Math.max(series.count, count + 1);
      await this.repeat(series);
    }
  }

  /** Answers whether there was an event to count up. */
  private async repeat(series: Series): Promise<boolean> {
    try {
      await this.options.client.merge(EVENTS, series.namespace, series.name, {
        series: { count: series.count, lastObservedTime: microTime(series.lastAt) },
      });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  private take(about: string, now: number): boolean {
    const bucket = this.buckets.get(about) ?? { tokens: burst, filledAt: now };
    const refill = Math.floor((now - bucket.filledAt) / refillMs);
    bucket.tokens = Math.min(burst, bucket.tokens + refill);
    bucket.filledAt += refill * refillMs;
    this.buckets.set(about, bucket);
    if (bucket.tokens === 0) return false;
    bucket.tokens--;
    return true;
  }

  private forgetOld(now: number): void {
    for (const [key, series] of this.series) {
      if (now - series.lastAt < memoryMs) break;
      this.series.delete(key);
    }
    for (const [about, bucket] of this.buckets) {
      if (now - bucket.filledAt < memoryMs * 3) break;
      this.buckets.delete(about);
    }
  }
}

/** The same for the same object; neighbours by name or uid go apart. */
function laneOf(about: string): number {
  let sum = 0;
  for (let at = 0; at < about.length; at++) sum = (sum * 31 + about.charCodeAt(at)) % 65_536;
  return sum % lanes;
}

function cut(text: string, bytes: number): string {
  const buffer = Buffer.from(text);
  if (buffer.length <= bytes) return text;
  return `${buffer
    .subarray(0, bytes - 3)
    .toString('utf8')
    .replace(/\uFFFD$/, '')}…`;
}
