import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type OperatorConfig, operatorConfig, readConfig } from './config.js';

/** A configuration, and the file that its package names are resolved from: users install plugins beside their configuration. */
export async function configFrom(file: string | undefined): Promise<{ config: OperatorConfig; from: string }> {
  if (file === undefined) return { config: operatorConfig({}, 'built in'), from: bundled() };
  return { config: await readConfig(file), from: resolve(file) };
}

/** The bundled plugins are dependencies of this package. */
function bundled(): string {
  return createRequire(fileURLToPath(import.meta.url)).resolve('../package.json');
}
