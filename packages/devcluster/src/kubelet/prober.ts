import type { Clock } from '../clock.js';
import type { Container, Probe } from '../kinds.js';
import type { ProbeResult, RunningContainer } from './container-runtime.js';
import { sleep } from './sleep.js';

/** How the probes of production manifests are hurried up. */
export interface ProbePace {
  /**
   * The longest wait in milliseconds before the first and between two tries of a readiness or startup probe. A startup
   * probe gets as many more tries, so that it gives up no sooner than the manifest says. Liveness is left alone: asking
   * earlier than the manifest wants would kill what is merely slow to start. Default: as the manifest says.
   */
  readonly maxProbeDelay?: number;
}

/** What probes decide. */
export interface ProbeVerdicts {
  started(): void;
  ready(ready: boolean): void;
  /** The container has to be killed and restarted by its policy. */
  restart(kind: 'liveness' | 'startup'): void;
  /** One failed try, in the words of the kubelet's event. */
  unhealthy(message: string): void;
}

interface Timing {
  readonly firstMs: number;
  readonly periodMs: number;
  readonly timeoutMs: number;
  readonly successes: number;
  readonly failures: number;
}

/** Probes one run of a container until `signal` ends it. Liveness and readiness wait for startup. */
export function startProbes(
  container: Container,
  running: RunningContainer,
  clock: Clock,
  pace: ProbePace,
  verdicts: ProbeVerdicts,
  signal: AbortSignal,
): void {
  const { startupProbe, readinessProbe, livenessProbe } = container;
  if (running.readiness !== undefined) {
    verdicts.started();
    void running.readiness.then(() => {
      if (!signal.aborted) verdicts.ready(true);
    });
    return;
  }
  const rest = () => {
    verdicts.started();
    if (readinessProbe === undefined) verdicts.ready(true);
    else void repeat('Readiness', readinessProbe, timing(readinessProbe, pace.maxProbeDelay), verdicts.ready);
    if (livenessProbe === undefined) return;
    void repeat('Liveness', livenessProbe, timing(livenessProbe), (ok) => {
      if (!ok) verdicts.restart('liveness');
    });
  };
  if (startupProbe === undefined) {
    rest();
    return;
  }
  const startup = new AbortController();
  void repeat(
    'Startup',
    startupProbe,
    timing(startupProbe, pace.maxProbeDelay, true),
    (ok) => {
      startup.abort();
      if (ok) rest();
      else verdicts.restart('startup');
    },
    startup.signal,
  );

  /** Tries until told to stop and says each time the threshold is reached whether it was by success or by failure. */
  async function repeat(
    name: string,
    probe: Probe,
    { firstMs, periodMs, timeoutMs, successes, failures }: Timing,
    decided: (ok: boolean) => void,
    until: AbortSignal = signal,
  ): Promise<void> {
    let run = 0;
    let last: boolean | undefined;
    for (let wait = firstMs; await sleep(clock, wait, signal); wait = periodMs) {
      if (until.aborted) return;
      const result: ProbeResult = await running.probe(probe, timeoutMs);
      if (signal.aborted || until.aborted) return;
      run = result.ok === last ? run + 1 : 1;
      last = result.ok;
      if (!result.ok) verdicts.unhealthy(`${name} probe failed: ${result.message}`);
      if (run >= (result.ok ? successes : failures)) decided(result.ok);
    }
  }
}

/** Defaults of the Kubernetes API reference: every 10 s, 1 s timeout, 1 success, 3 failures. */
function timing(probe: Probe, longest = Number.POSITIVE_INFINITY, keepDeadline = false): Timing {
  const stated = (probe.periodSeconds ?? 10) * 1000;
  const periodMs = Math.min(stated, longest);
  const failures = probe.failureThreshold ?? 3;
  return {
    firstMs: Math.min((probe.initialDelaySeconds ?? 0) * 1000, longest),
    periodMs,
    timeoutMs: (probe.timeoutSeconds ?? 1) * 1000,
    successes: probe.successThreshold ?? 1,
    failures: keepDeadline ? Math.ceil((failures * stated) / Math.max(1, periodMs)) : failures,
  };
}
