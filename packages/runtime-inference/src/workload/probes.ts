import type { EngineSpec } from '@kaito-sdk/core';

/** Seconds between two looks at an engine that is starting: what readiness can come late by. */
const STARTUP_PERIOD = 2;

/**
 * The probes of an engine. A startup probe holds the others back for as long as loading may take, so that liveness needs no long
 * delay (KAITO v0.3.2 waits 600 s) and readiness follows within seconds. An engine in the middle of a long answer can be slow to
 * say that it is well: the timeout is 5 s and not the default of one.
 *
 * @param options `readyPath`: where an engine says more than that it is well
 */
export function probes(
  { healthPath, port, startupSeconds }: EngineSpec,
  { readyPath = healthPath }: { readonly readyPath?: string } = {},
): Readonly<Record<string, unknown>> {
  const look = { httpGet: { path: healthPath, port, scheme: 'HTTP' }, timeoutSeconds: 5 };
  return {
    startupProbe: {
      ...look,
      periodSeconds: STARTUP_PERIOD,
      failureThreshold: Math.ceil(startupSeconds / STARTUP_PERIOD),
    },
    livenessProbe: { ...look, periodSeconds: 10, failureThreshold: 3 },
    readinessProbe: {
      ...look,
      httpGet: { ...look.httpGet, path: readyPath },
      periodSeconds: 10,
      failureThreshold: 3,
    },
  };
}
