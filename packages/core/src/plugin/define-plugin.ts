import type { InstanceCatalog } from './instance-catalog.js';
import type { PresetPack } from './preset-pack.js';
import type { ProvisionerPlugin } from './provisioner-plugin.js';
import type { Runtime } from './runtime.js';

/** Version of the plugin contract, apart from any package's version. A plugin for another one is refused at load. */
export const PLUGIN_API = '1';

/** Plugins are known by this mark and not by `instanceof`: a plugin may bring its own copy of this package. */
const PLUGIN = Symbol.for('kaito-sdk.plugin');

export type Capability = 'presets' | 'instances' | 'runtime' | 'provisioner';

/** A class whose fields carry class-validator decorators; a plugin's configuration is checked against it. */
export type ConfigClass<C extends object> = new () => C;

export interface PluginMeta<C extends object> {
  /** The npm package name, which users write in their configuration. */
  readonly name: string;
  readonly apiVersion: string;
  readonly provides: readonly Capability[];
  /** What other plugins must provide for this one to make sense. @default none */
  readonly requires?: readonly Capability[];
  /** @default the plugin takes no configuration, and any is refused */
  readonly config?: ConfigClass<C>;
}

/** What a plugin registers itself with. */
export interface PluginHost<C extends object> {
  /** Validated; the defaults of the config class where the user said nothing. */
  readonly config: C;
  presets(pack: PresetPack): void;
  instances(catalog: InstanceCatalog): void;
  runtime(runtime: Runtime): void;
  provisioner(plugin: ProvisionerPlugin): void;
}

export interface Plugin<C extends object = object> {
  readonly [PLUGIN]: true;
  readonly meta: PluginMeta<C>;
  setup(host: PluginHost<C>): void;
}

/**
 * Makes the default export of a plugin package.
 *
 * ```ts
 * export default definePlugin({ name: '@acme/presets', apiVersion: '1', provides: ['presets'] }, (host) => host.presets(pack));
 * ```
 * `setup` only registers. It must not open connections or start timers: it also runs for `kaito plan`, without a cluster.
 */
export function definePlugin<C extends object = object>(
  meta: PluginMeta<C>,
  setup: (host: PluginHost<C>) => void,
): Plugin<C> {
  return { [PLUGIN]: true, meta, setup };
}

export function isPlugin(value: unknown): value is Plugin {
  return typeof value === 'object' && value !== null && PLUGIN in value;
}
