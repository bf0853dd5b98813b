import type { Gauge, Metrics } from '../engine/metrics.js';
import type { ObjectKey } from '../engine/object-key.js';

/** The figures of a running tuning, by the name that its programs give them. */
const FIGURES: Readonly<Record<string, readonly [name: string, help: string]>> = {
  step: ['kaito_tuning_step', 'Steps that a running tuning has done.'],
  steps: ['kaito_tuning_steps', 'Steps that it will do in all.'],
  loss: ['kaito_tuning_loss', 'Loss of its last step.'],
  etaSeconds: ['kaito_tuning_eta_seconds', 'Seconds that it will still take, by its pace so far.'],
  tokensPerSecond: ['kaito_tuning_tokens_per_second', 'Tokens that it is trained on in a second.'],
  peakMemoryBytes: [
    'kaito_tuning_peak_memory_bytes',
    'Most memory that it held at once: of its GPU, or of the process without one.',
  ],
};

/** Shows the figures of running tunings as gauges, one series a Workspace, and forgets them when it runs no more. */
export function tuningFigures(metrics: Metrics) {
  const gauges = new Map<string, Gauge>(
    Object.entries(FIGURES).map(([figure, [name, help]]) => [
      figure,
      metrics.gauge({ name, help, labels: ['namespace', 'name'] }),
    ]),
  );
  return ({ namespace, name }: ObjectKey, figures: Readonly<Record<string, number>> | undefined): void => {
    for (const [figure, gauge] of gauges) {
      const value = figures?.[figure];
      if (value !== undefined) gauge.set(value, { namespace, name });
      else if (figures === undefined) gauge.remove({ namespace, name });
    }
  };
}
