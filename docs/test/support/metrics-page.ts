import { createRequire } from 'node:module';
import { CRDS, type MetricOptions, Metrics, silentLog } from '@kaito-sdk/core';
import { DevCluster, VirtualClock } from '@kaito-sdk/devcluster';
import { crds, installPlugins, kaitoOperator, operatorConfig, WebhookServer } from '@kaito-sdk/operator';
import { ServerMetrics } from '../../../packages/inference-server/dist/server/metrics.js';

type Kind = 'counter' | 'gauge' | 'histogram';

/** Remembers what it is asked for. */
class Recording extends Metrics {
  readonly seen = new Map<string, MetricOptions & { readonly kind: Kind }>();

  override counter(options: MetricOptions) {
    this.seen.set(options.name, { ...options, kind: 'counter' });
    return super.counter(options);
  }
  override gauge(options: MetricOptions) {
    this.seen.set(options.name, { ...options, kind: 'gauge' });
    return super.gauge(options);
  }
  override histogram(options: MetricOptions & { readonly buckets: readonly number[] }) {
    this.seen.set(options.name, { ...options, kind: 'histogram' });
    return super.histogram(options);
  }
}

const HEAD = ['| name | type | labels | |', '| --- | --- | --- | --- |'];

/** The series of the reference operator with everything switched on, from the operator itself. */
export async function operatorMetrics(): Promise<string> {
  const metrics = new Recording();
  const clock = new VirtualClock();
  const cluster = await DevCluster.start({ clock });
  try {
    const from = createRequire(import.meta.url).resolve('@kaito-sdk/operator');
    const operator = kaitoOperator({
      installed: await installPlugins(operatorConfig({}, 'the page'), from, clock),
      transport: cluster.transport,
      clock,
      random: () => 0,
      leaderElection: { namespace: 'kaito-system', name: 'kaito-sdk', identity: 'one' },
      metrics,
    });
    new WebhookServer({ admissions: {}, clock, log: silentLog, metrics });
    // Controllers ask for theirs as they start.
    for (const crd of crds()) await cluster.client.create(CRDS, crd as never);
    const started = operator.start();
    await cluster.settled();
    await operator.stop();
    await started.catch(() => undefined);
  } finally {
    await cluster.stop();
  }
  const rows = [...metrics.seen.values()]
    .sort((a, b) => a.name.localeCompare(b.name))
    .map(
      ({ name, kind, labels = [], help }) =>
        `| \`${name}\` | ${kind} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
    );
  return `${[...HEAD, ...rows].join('\n')}\n`;
}

/** The series of the inference server, from what it answers a scrape. */
export function serverMetrics(): string {
  const server = new ServerMetrics();
  server.responded('/chat', 200);
  const text = server.render({ running: 0, waiting: 0, modelLoaded: true, memory: 0 });
  const rows = [...text.matchAll(/^# HELP (\S+) (.+)\n# TYPE \S+ (\S+)\n(?:\S+?(\{[^}]*\}))?/gm)].map(
    ([, name = '', help = '', kind = '', labels = '']) => {
      const names = [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label).filter((label) => label !== 'le');
      return `| \`${name}\` | ${kind} | ${names.map((label) => `\`${label}\``).join(', ')} | ${help} |`;
    },
  );
  return `${[...HEAD, ...rows].join('\n')}\n`;
}
