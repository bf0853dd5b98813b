export * from './example-catalogs.js';
export * from './fake-provisioner.js';
export * from './workspace-builder.js';
