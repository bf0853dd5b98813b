import { definePlugin } from '@kaito-sdk/core';
import { phiPresets } from './phi-presets.js';

export default definePlugin({ name: '@kaito-sdk/presets-phi', apiVersion: '1', provides: ['presets'] }, (host) =>
  host.presets(phiPresets),
);
