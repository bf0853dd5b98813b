import { catalogue } from '../errors.js';

/** How the engine itself can fail. What a reconcile throws stays what it is. */
export const engineErrors = catalogue({
  SYNC_TIMEOUT: (ms: number, missing: string) =>
    `not everything could be listed in ${ms / 1000} s: ${missing}. Check that the CRDs are installed and that RBAC allows list and watch`,

  LEASE_LOST: (lease: string) =>
    `the lease ${lease} was lost; another process may be leading, so this one has stopped. Start it again to stand by`,

  NOT_LEADING: (method: string, path: string) =>
    `${method} ${path} was not sent: this process does not hold its lease (any more) and must not write`,

  STARTED_ALREADY: (what: string) => `${what} was started already; it runs once, so make a new one`,

  NOT_WARM: (controller: string) => `controller ${controller} has no cache yet: call warm() first`,

  NOT_DECLARED: (type: string) => `class ${type} does not say what it reconciles: put @Reconciles(RESOURCE) above it`,

  TOO_LATE: (controller: string) => `controller ${controller} comes too late: the operator has been started`,
});
