import type { Metrics } from './metrics.js';
import type { WorkQueueObserver } from './work-queue.js';

/** How one pass over a key ended, in the words of controller-runtime's dashboards. */
export type ReconcileResult = 'success' | 'error' | 'requeue' | 'requeue_after';

/** What a controller reports about its passes. */
export interface ControllerMetrics {
  readonly queue: WorkQueueObserver;
  began(): void;
  ended(result: ReconcileResult, tookMs: number): void;
  /** A pass came to an end that only a person can change. */
  blocked(): void;
  /** Gives the series of what is in work something to look at when they are scraped. */
  watch(runningForMs: () => readonly number[]): void;
}

const queueBuckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000];
const reconcileBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const results: readonly ReconcileResult[] = ['success', 'error', 'requeue', 'requeue_after'];

/** The series of one controller under the names that controller-runtime made the custom, all there from the start. */
export function controllerMetrics(metrics: Metrics, controller: string, concurrency: number): ControllerMetrics {
  const queueLabels = { name: controller, controller };
  const labels = { controller };
  const perQueue = ['name', 'controller'] as const;
  const counter = (name: string, help: string, names: readonly string[]) =>
    metrics.counter({ name, help, labels: names });
  const depth = metrics.gauge({ name: 'workqueue_depth', help: 'Keys that wait.', labels: perQueue });
  const adds = counter('workqueue_adds_total', 'Keys added.', perQueue);
  const retries = counter('workqueue_retries_total', 'Keys added again after a failure.', perQueue);
  const waited = metrics.histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'How long a key waited.',
    labels: perQueue,
    buckets: queueBuckets,
  });
  const worked = metrics.histogram({
    name: 'workqueue_work_duration_seconds',
    help: 'How long a key was handled.',
    labels: perQueue,
    buckets: queueBuckets,
  });
  const unfinished = metrics.gauge({
    name: 'workqueue_unfinished_work_seconds',
    help: 'How long everything in work has been going on, in sum.',
    labels: perQueue,
  });
  const longest = metrics.gauge({
    name: 'workqueue_longest_running_processor_seconds',
    help: 'How long the oldest pass in work has been going on.',
    labels: perQueue,
  });
  const terminal = counter(
    'controller_runtime_terminal_reconcile_errors_total',
    'Passes that ended blocked: only a change by a person helps.',
    ['controller'],
  );
  const total = counter('controller_runtime_reconcile_total', 'Reconciles by result.', ['controller', 'result']);
  const errors = counter('controller_runtime_reconcile_errors_total', 'Reconciles that threw.', ['controller']);
  const took = metrics.histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'Length of a reconcile.',
    labels: ['controller'],
    buckets: reconcileBuckets,
  });
  const active = metrics.gauge({
    name: 'controller_runtime_active_workers',
    help: 'Reconciles running now.',
    labels: ['controller'],
  });
  metrics
    .gauge({
      name: 'controller_runtime_max_concurrent_reconciles',
      help: 'Reconciles that may run at once.',
      labels: ['controller'],
    })
    .set(concurrency, labels);

  depth.set(0, queueLabels);
  active.set(0, labels);
  for (const series of [adds, retries, waited, worked]) series.touch(queueLabels);
  for (const gauge of [unfinished, longest]) gauge.set(0, queueLabels);
  for (const series of [errors, terminal, took]) series.touch(labels);
  const byResult = new Map(results.map((result) => [result, { controller, result }]));
  for (const result of byResult.values()) total.touch(result);

  return {
    queue: {
      added: (waiting) => {
        adds.add(1, queueLabels);
        depth.set(waiting, queueLabels);
      },
      started: (waiting, waitedMs) => {
        depth.set(waiting, queueLabels);
        waited.observe(waitedMs / 1000, queueLabels);
      },
      finished: (tookMs) => worked.observe(tookMs / 1000, queueLabels),
      retried: () => retries.add(1, queueLabels),
    },
    blocked: () => terminal.add(1, labels),
    watch: (runningForMs) =>
      metrics.collect(() => {
        const times = runningForMs();
        unfinished.set(times.reduce((sum, ms) => sum + ms, 0) / 1000, queueLabels);
        longest.set(Math.max(0, ...times) / 1000, queueLabels);
      }),
    began: () => active.add(1, labels),
    ended: (result, tookMs) => {
      active.add(-1, labels);
      total.add(1, byResult.get(result));
      if (result === 'error') errors.add(1, labels);
      took.observe(tookMs / 1000, labels);
    },
  };
}
