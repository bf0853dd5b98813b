import { readFile } from 'node:fs/promises';
import { createRequire, findPackageJSON } from 'node:module';
import { pathToFileURL } from 'node:url';
import {
  type InstanceCatalog,
  KaitoError,
  loadPlugins,
  type Plugin,
  type PresetPack,
  type ProvisionerPlugin,
  type Runtime,
  registerPlugins,
} from '@kaito-sdk/core';
import type { OperatorConfig } from './config.js';

/** One plugin by itself. Plain JSON. */
export interface PluginReport {
  readonly name: string;
  readonly version?: string;
  /** Version of the plugin contract that it is made for. */
  readonly apiVersion?: string;
  /** `runtime vllm`, `presets phi (14 models)`. */
  readonly brings: readonly string[];
  /** Why it does not load. */
  readonly problem?: string;
}

/** Loads each plugin of a configuration by itself, so that one that is broken hides nothing of the others. */
export async function reportPlugins(config: OperatorConfig, from: string): Promise<readonly PluginReport[]> {
  return Promise.all(config.plugins.map((name) => report(name, config.config[name], from)));
}

async function report(name: string, settings: unknown, from: string): Promise<PluginReport> {
  const facts = await packageFacts(name, from);
  try {
    const plugin = await loaded(name, from);
    return { name, ...facts, brings: bringsOf(plugin, settings) };
  } catch (error) {
    return { name, ...facts, brings: [], problem: error instanceof Error ? error.message : String(error) };
  }
}

/** As the operator looks for it: beside the configuration, then among those that it brings. */
async function loaded(name: string, from: string): Promise<Plugin> {
  try {
    return one(await loadPlugins([name], from));
  } catch (error) {
    if (!KaitoError.is(error) || error.code !== 'PLUGIN_NOT_FOUND') throw error;
    try {
      return one(await loadPlugins([name], besides()));
    } catch {
      throw error;
    }
  }
}

function one([plugin]: readonly Plugin[]): Plugin {
  if (!plugin) throw new Error('nothing was loaded');
  return plugin;
}

/** What it registers, told by the registry that the operator uses; requirements are for all of them together to meet. */
function bringsOf(plugin: Plugin, settings: unknown): readonly string[] {
  const alone = { ...plugin, meta: { ...plugin.meta, requires: [] } };
  const config = settings === undefined ? {} : { [plugin.meta.name]: settings };
  const { presets, instances, runtimes, provisioners } = registerPlugins([alone], { config });
  return [
    ...presets.map(({ name, models }: PresetPack) => `presets ${name} (${models.length} models)`),
    ...instances.map((catalog: InstanceCatalog) => `instances ${catalog.name} (${catalog.instances().length} types)`),
    ...runtimes.map(({ name, kind }: Runtime) => `runtime ${name} (${kind})`),
    ...provisioners.map(({ name }: ProvisionerPlugin) => `provisioner ${name}`),
  ];
}

async function packageFacts(name: string, from: string): Promise<Pick<PluginReport, 'version' | 'apiVersion'>> {
  const file = packageOf(name, from) ?? packageOf(name, besides());
  if (file === undefined) return {};
  const read = JSON.parse(await readFile(file, 'utf8')) as {
    readonly version?: unknown;
    readonly 'kaito-sdk'?: { readonly apiVersion?: unknown };
  };
  const apiVersion = read['kaito-sdk']?.apiVersion;
  return {
    ...(typeof read.version === 'string' ? { version: read.version } : {}),
    ...(typeof apiVersion === 'string' ? { apiVersion } : {}),
  };
}

function packageOf(name: string, from: string): string | undefined {
  try {
    return findPackageJSON(name, pathToFileURL(from));
  } catch {
    return undefined;
  }
}

function besides(): string {
  return createRequire(import.meta.url).resolve('../package.json');
}
