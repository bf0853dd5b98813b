export * from './fake-registry.js';
export { type ServedRegistry, serveRegistry } from './serve-registry.js';
