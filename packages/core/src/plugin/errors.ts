import { catalogue } from '../errors.js';

/** Everything that can be wrong with a set of plugins. All of it is found at load, before anything runs. */
export const pluginErrors = catalogue({
  PLUGIN_NOT_FOUND: (name: string, from: string) =>
    `plugin ${name} is not installed where ${from} could find it; run: npm install ${name}`,
  PLUGIN_NOT_A_PLUGIN: (name: string, why: string) =>
    `${name} is installed but is no Kaito SDK plugin: ${why}; remove it from "plugins", or ask its author`,
  PLUGIN_LOAD_FAILED: (name: string, why: string) => `plugin ${name} failed while it was loaded: ${why}`,
  PLUGIN_API_MISMATCH: (name: string, wants: string, have: string) =>
    `plugin ${name} needs plugin API ${wants}, this SDK offers ${have}; install versions of both that agree`,
  PLUGIN_DUPLICATE: (name: string) => `plugin ${name} is listed twice; list it once`,
  PLUGIN_REQUIREMENT_MISSING: (name: string, capability: string) =>
    `plugin ${name} requires "${capability}", which no plugin provides; add one that does`,
  PLUGIN_PROMISE_BROKEN: (name: string, capability: string) =>
    `plugin ${name} says that it provides "${capability}" but registered nothing of it; this is a fault of the plugin`,
  PLUGIN_CONFIG_INVALID: (name: string, causes: string) =>
    `the configuration of plugin ${name} is not valid: ${causes}`,
  PLUGIN_CONFIG_UNUSED: (name: string, known: string) =>
    `there is configuration for ${name}, which is not among the plugins (${known}); correct the name or remove it`,
  PRESET_PACK_INVALID: (name: string, pack: string, causes: string) =>
    `preset pack "${pack}" of ${name} is not valid: ${causes}; this is for its publisher to put right`,
  CAPABILITY_DUPLICATE: (capability: string, name: string, first: string, second: string) =>
    `${capability} "${name}" is registered by both ${first} and ${second}; keep one of the two`,
  PROVISIONER_NOT_CHOSEN: (names: string) =>
    `several provisioners are registered (${names}); choose one with "provisioner" in the configuration`,
  PROVISIONER_UNKNOWN: (name: string, names: string) =>
    `no plugin registers a provisioner "${name}"; registered: ${names || 'none'}`,
});
