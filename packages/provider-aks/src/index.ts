export { azureInstances } from './azure-instances.js';
