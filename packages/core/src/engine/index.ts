/**
 * The engine alone, published as `@kaito-sdk/core/engine`: all an operator needs that has nothing to do with Workspaces, at
 * little more memory than Node itself. The package's front door has it too, and with it the planner, the plugins and the validators.
 */
export type { Clock } from '../clock.js';
export * from '../errors.js';
export * from '../kube/index.js';
export * from './controller.js';
export * from './controller-metrics.js';
export * from './declare.js';
export * from './engine-errors.js';
export * from './events.js';
export * from './fenced-transport.js';
export * from './health-server.js';
export * from './leader-election.js';
export * from './lease-thread.js';
export * from './log.js';
export * from './metered-transport.js';
export * from './metrics.js';
export * from './micro-time.js';
export * from './object-key.js';
export * from './operator.js';
export * from './outcome.js';
export * from './system-clock.js';
export * from './traced-transport.js';
export * from './tracing.js';
export * from './work-queue.js';
