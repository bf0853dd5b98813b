import { resolve } from 'node:path';
import { installTree, sizeOf } from './install-tree.js';

// node release/dist/install-tree-main.js @kaito-sdk/operator /app
const [name, folder] = process.argv.slice(2);
if (name === undefined || folder === undefined) {
  process.stderr.write('usage: node release/dist/install-tree-main.js PACKAGE FOLDER\n');
  process.exit(2);
}
await installTree(name, resolve(folder));
process.stdout.write(`${resolve(folder)}: ${(sizeOf(folder) / 1e6).toFixed(0)} MB\n`);
