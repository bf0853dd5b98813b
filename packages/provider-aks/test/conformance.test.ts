import { provisionerConformance } from '@kaito-sdk/core/testing';
import { AksWorld } from './support/aks-world.js';

provisionerConformance('aks, agent pools', () => AksWorld.start());
