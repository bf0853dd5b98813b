import { createRequire } from 'node:module';
import {
  byoProvisioner,
  type Capabilities,
  type Catalogs,
  type Clock,
  KaitoError,
  loadPlugins,
  type Plugin,
  type ProvisionerPlugin,
  pluginErrors,
  registerPlugins,
  withPreferredNodes,
} from '@kaito-sdk/core';
import type { OperatorConfig } from './config.js';
import { hubModels } from './hub-models.js';
import { withInstanceTypes } from './instance-overrides.js';

/** The plugins of a configuration, loaded and registered. */
export interface Installed {
  readonly capabilities: Capabilities;
  readonly provisioner: ProvisionerPlugin;
  /** What the planner may look at, today. */
  catalogs(): Catalogs;
}

/**
 * Loads what the configuration names. `from` is the file that package names are resolved from: the configuration file, so that
 * users install plugins beside it. What is not there is looked for beside the operator itself, where its image has the bundled ones.
 */
export async function installPlugins(config: OperatorConfig, from: string, clock: Clock): Promise<Installed> {
  const plugins = (await Promise.all(config.plugins.map((name) => found(name, from)))).flat();
  const registered = registerPlugins(plugins, { config: config.config });
  const instances = withInstanceTypes(registered.instances, config.instanceTypes, from);
  // What the configuration says of a model counts before what a package says of one with that name.
  const presets = [...(config.models.length > 0 ? [await hubModels(config.models, from)] : []), ...registered.presets];
  const capabilities = { ...registered, instances, presets };
  // Nodes that are there already need no plugin.
  const provisioner = withPreferredNodes(chosen([...capabilities.provisioners, byoProvisioner], config.provisioner));
  return {
    capabilities,
    provisioner,
    catalogs: () => ({
      presets: capabilities.presets,
      instances: capabilities.instances,
      runtimes: capabilities.runtimes,
      provisioner,
      policy: config.planner,
      ...(config.nodeAccess ? { nodeAccess: 'allow' as const } : {}),
      today: new Date(clock.now()).toISOString().slice(0, 10),
      ...(config.region === undefined ? {} : { region: config.region }),
    }),
  };
}

async function found(name: string, from: string): Promise<readonly Plugin[]> {
  try {
    return await loadPlugins([name], from);
  } catch (error) {
    if (!KaitoError.is(error) || error.code !== 'PLUGIN_NOT_FOUND') throw error;
    const beside = createRequire(import.meta.url).resolve('../package.json');
    return loadPlugins([name], beside).catch((second: unknown) => {
      throw KaitoError.is(second) && second.code === 'PLUGIN_NOT_FOUND' ? error : second;
    });
  }
}

function chosen(provisioners: readonly ProvisionerPlugin[], name: string | undefined): ProvisionerPlugin {
  const names = provisioners.map((one) => one.name).join(', ');
  if (name !== undefined) {
    const found = provisioners.find((one) => one.name === name);
    if (!found) throw pluginErrors.PROVISIONER_UNKNOWN(name, names);
    return found;
  }
  const [only, ...others] = provisioners;
  if (!only) throw pluginErrors.PROVISIONER_UNKNOWN('(any)', names);
  if (others.length > 0) throw pluginErrors.PROVISIONER_NOT_CHOSEN(names);
  return only;
}
