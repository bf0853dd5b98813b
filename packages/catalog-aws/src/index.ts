export { awsInstances } from './aws-instances.js';
