export * from './server-access.js';
