export * from './example-catalogs.js';
export * from './fake-provisioner.js';
export * from './memory-cloud.js';
export * from './memory-provisioner.js';
export * from './memory-world.js';
export * from './provisioner-conformance.js';
export * from './provisioner-under-test.js';
export * from './workspace-builder.js';
