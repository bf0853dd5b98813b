import { readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isPlugin, PLUGIN_API, type Plugin } from './define-plugin.js';
import { pluginErrors } from './errors.js';

/** What a plugin package says of itself in its package.json, under the key `kaito-sdk`. */
interface PluginManifest {
  /** Module with the plugin as default export, relative to the package: `./dist/plugin.js`. */
  readonly plugin: string;
  readonly apiVersion: string;
}

/**
 * Loads plugins by package name, as Node would resolve them from the file `from` (the configuration that lists them). The
 * version of the contract is read from package.json, so that a plugin made for another one is refused before its code runs.
 */
export async function loadPlugins(names: readonly string[], from: string): Promise<Plugin[]> {
  const plugins: Plugin[] = [];
  for (const name of names) plugins.push(await loadPlugin(name, from));
  return plugins;
}

async function loadPlugin(name: string, from: string): Promise<Plugin> {
  const packageFile = findPackage(name, from);
  const manifest = manifestOf(name, JSON.parse(await readFile(packageFile, 'utf8')));
  if (manifest.apiVersion !== PLUGIN_API) {
    throw pluginErrors.PLUGIN_API_MISMATCH(name, manifest.apiVersion, PLUGIN_API);
  }
  const entry = pathToFileURL(resolve(dirname(packageFile), manifest.plugin)).href;
  const module: { default?: unknown } = await import(entry).catch((cause: unknown) => {
    throw pluginErrors.PLUGIN_LOAD_FAILED(name, cause instanceof Error ? cause.message : String(cause));
  });
  if (!isPlugin(module.default)) {
    throw pluginErrors.PLUGIN_NOT_A_PLUGIN(
      name,
      `the default export of ${manifest.plugin} was not made by definePlugin`,
    );
  }
  if (module.default.meta.name !== name) {
    throw pluginErrors.PLUGIN_NOT_A_PLUGIN(name, `it calls itself ${module.default.meta.name}`);
  }
  return module.default;
}

function findPackage(name: string, from: string): string {
  try {
    const found = findPackageJSON(name, pathToFileURL(from));
    if (found) return found;
  } catch {
    // Not resolvable from there: the sentence below says so better than Node's own.
  }
  throw pluginErrors.PLUGIN_NOT_FOUND(name, from);
}

function manifestOf(name: string, packageJson: unknown): PluginManifest {
  const manifest = (packageJson as { 'kaito-sdk'?: Partial<PluginManifest> } | null)?.['kaito-sdk'];
  if (typeof manifest?.plugin !== 'string' || typeof manifest.apiVersion !== 'string') {
    const why = 'its package.json has no "kaito-sdk": { "plugin": "./file.js", "apiVersion": "1" }';
    throw pluginErrors.PLUGIN_NOT_A_PLUGIN(name, why);
  }
  return { plugin: manifest.plugin, apiVersion: manifest.apiVersion };
}
