export * from './catalog-of.js';
export * from './gpu-models.js';
export * from './price-table.js';
