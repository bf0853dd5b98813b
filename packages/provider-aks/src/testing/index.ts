export { type ArmHandler, type Around, armHttpClient, simulatedCredential } from './arm-http-client.js';
export { type SimulatedAzure, type SimulatedAzureOptions, simulatedAzure } from './simulated-azure.js';
