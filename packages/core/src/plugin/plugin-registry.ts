import { presetPackErrors } from './check-preset-pack.js';
import { type Capability, type ConfigClass, PLUGIN_API, type Plugin, type PluginHost } from './define-plugin.js';
import { pluginErrors } from './errors.js';
import type { InstanceCatalog } from './instance-catalog.js';
import { configErrors } from './plugin-config.js';
import type { PresetPack } from './preset-pack.js';
import type { ProvisionerPlugin } from './provisioner-plugin.js';
import type { Runtime } from './runtime.js';

/** What all plugins together offer. */
export interface Capabilities {
  readonly presets: readonly PresetPack[];
  readonly instances: readonly InstanceCatalog[];
  readonly runtimes: readonly Runtime[];
  readonly provisioners: readonly ProvisionerPlugin[];
}

export interface RegistryOptions {
  /** Configuration by plugin name. */
  readonly config?: Readonly<Record<string, unknown>>;
}

interface Registered<T> {
  readonly by: string;
  readonly what: T;
}

/**
 * Runs the plugins' setups and collects what they register. Everything that is wrong with them (version, duplicate, missing
 * requirement, bad configuration) fails here, by name and with a code, before anything else starts.
 */
export function registerPlugins(plugins: readonly Plugin[], options: RegistryOptions = {}): Capabilities {
  const registry = new Registry();
  const config = options.config ?? {};
  const names = new Set<string>();
  for (const plugin of plugins) {
    const { name, apiVersion } = plugin.meta;
    if (apiVersion !== PLUGIN_API) throw pluginErrors.PLUGIN_API_MISMATCH(name, apiVersion, PLUGIN_API);
    if (names.has(name)) throw pluginErrors.PLUGIN_DUPLICATE(name);
    names.add(name);
  }
  for (const name of Object.keys(config)) {
    if (!names.has(name)) throw pluginErrors.PLUGIN_CONFIG_UNUSED(name, [...names].join(', '));
  }
  const provided = new Set(plugins.flatMap((plugin) => plugin.meta.provides));
  for (const { meta } of plugins) {
    for (const capability of meta.requires ?? []) {
      if (!provided.has(capability)) throw pluginErrors.PLUGIN_REQUIREMENT_MISSING(meta.name, capability);
    }
  }
  for (const plugin of plugins) registry.setUp(plugin, config[plugin.meta.name]);
  return registry.capabilities();
}

class Registry {
  private readonly presets = new Map<string, Registered<PresetPack>>();
  private readonly instances = new Map<string, Registered<InstanceCatalog>>();
  private readonly runtimes = new Map<string, Registered<Runtime>>();
  private readonly provisioners = new Map<string, Registered<ProvisionerPlugin>>();
  private readonly modelNames = new Map<string, string>();

  setUp(plugin: Plugin, rawConfig: unknown): void {
    const { name, provides } = plugin.meta;
    const registered = new Set<Capability>();
    const note = (capability: Capability) => registered.add(capability);
    const host: PluginHost<object> = {
      config: validConfig(name, plugin.meta.config, rawConfig),
      presets: (pack) => {
        note('presets');
        const causes = presetPackErrors(pack);
        if (causes.length > 0) {
          throw pluginErrors.PRESET_PACK_INVALID(name, String(pack?.name), causes.join('; '));
        }
        this.claim('preset pack', this.presets, pack.name, name, pack);
        for (const model of pack.models) this.claimModelName(model.name, name);
      },
      instances: (catalog) => {
        note('instances');
        this.claim('instance catalog', this.instances, catalog.name, name, catalog);
      },
      runtime: (runtime) => {
        note('runtime');
        for (const known of [runtime.name, ...(runtime.aliases ?? [])]) {
          this.claim('runtime', this.runtimes, known, name, runtime);
        }
      },
      provisioner: (provisioner) => {
        note('provisioner');
        this.claim('provisioner', this.provisioners, provisioner.name, name, provisioner);
      },
    };
    plugin.setup(host);
    for (const capability of provides) {
      if (!registered.has(capability)) throw pluginErrors.PLUGIN_PROMISE_BROKEN(name, capability);
    }
  }

  capabilities(): Capabilities {
    const of = <T>(map: Map<string, Registered<T>>) => [...new Set([...map.values()].map((entry) => entry.what))];
    return {
      presets: of(this.presets),
      instances: of(this.instances),
      runtimes: of(this.runtimes),
      provisioners: of(this.provisioners),
    };
  }

  private claim<T>(capability: string, map: Map<string, Registered<T>>, name: string, by: string, what: T): void {
    const other = map.get(name);
    if (other) throw pluginErrors.CAPABILITY_DUPLICATE(capability, name, other.by, by);
    map.set(name, { by, what });
  }

  private claimModelName(model: string, by: string): void {
    const key = model.toLowerCase();
    const other = this.modelNames.get(key);
    if (other) throw pluginErrors.CAPABILITY_DUPLICATE('preset', model, other, by);
    this.modelNames.set(key, by);
  }
}

function validConfig(name: string, schema: ConfigClass<object> | undefined, raw: unknown): object {
  if (!schema) {
    if (raw === undefined) return {};
    throw pluginErrors.PLUGIN_CONFIG_INVALID(name, 'it takes no configuration');
  }
  if (raw !== undefined && (typeof raw !== 'object' || raw === null || Array.isArray(raw))) {
    throw pluginErrors.PLUGIN_CONFIG_INVALID(name, 'it must be a map of settings');
  }
  const config = Object.assign(new schema(), raw);
  const causes = configErrors(config);
  if (causes.length > 0) throw pluginErrors.PLUGIN_CONFIG_INVALID(name, causes.join('; '));
  return config;
}
