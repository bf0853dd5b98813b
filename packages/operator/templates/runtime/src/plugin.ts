import { definePlugin } from '@kaito-sdk/core';
import { EngineRuntime } from './runtime.js';

export default definePlugin(
  { name: '__PACKAGE__', apiVersion: '__API__', provides: ['runtime'], requires: ['presets'] },
  (host) => host.runtime(new EngineRuntime()),
);
