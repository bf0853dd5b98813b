import { definePlugin } from '@kaito-sdk/core';
import { pack } from './pack.js';

/** What `plugins: ["__PACKAGE__"]` in the operator's configuration loads. */
export default definePlugin({ name: '__PACKAGE__', apiVersion: '__API__', provides: ['presets'] }, (host) =>
  host.presets(pack),
);
