import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerStart } from './image-program.js';
import { mountedPath } from './mounted-path.js';
import type { StandInAdapter } from './tiny-model-process.js';

/** The folder that KAITO's server looks into. */
const FOLDER = '/mnt/adapter';

/** The keys of LoraConfig in peft 0.11.1, which KAITO's 0.0.x images hold. It knows no others. */
const peftKeys = new Set(
  `alpha_pattern auto_mapping base_model_name_or_path bias fan_in_fan_out inference_mode init_lora_weights layer_replication layers_pattern
  layers_to_transform loftq_config lora_alpha lora_dropout megatron_config megatron_core modules_to_save peft_type r rank_pattern revision
  target_modules task_type use_dora use_rslora`.split(/\s+/),
);

/** What KAITO's server makes of the adapters that are mounted. */
export type PresetAdapters =
  | { readonly kind: 'found'; readonly adapters: readonly StandInAdapter[] }
  | { readonly kind: 'raises'; readonly message: string };

/**
 * The adapters of a preset image, by KAITO's rules: every folder in `/mnt/adapter` that holds an adapter_config.json; the strength is the environment
 * variable named like the folder, else 1. They are always on, all of them at once.
 */
export function presetAdapters(container: ContainerStart): PresetAdapters {
  const adapters: StandInAdapter[] = [];
  for (const name of namesIn(container)) {
    const path = mountedPath(container, `${FOLDER}/${name}`);
    if (path === undefined || !existsSync(join(path, 'adapter_config.json'))) continue;
    const strange = Object.keys(readObject(join(path, 'adapter_config.json'))).find((key) => !peftKeys.has(key));
    if (strange !== undefined)
      return {
        kind: 'raises',
        message: `TypeError: LoraConfig.__init__() got an unexpected keyword argument '${strange}'`,
      };
    const given = container.env[name] ?? '1.0';
    const strength = Number(given);
    if (given.trim() === '' || !Number.isFinite(strength))
      return { kind: 'raises', message: `ValueError: could not convert string to float: '${given}'` };
    adapters.push({ name, path, strength });
  }
  return { kind: 'found', adapters };
}

/** Folders of a volume at /mnt/adapter, and volumes that are mounted right below it. */
function namesIn({ mounts }: ContainerStart): readonly string[] {
  const names = mounts.flatMap(({ mountPath, hostPath }) => {
    if (mountPath.replace(/\/$/, '') === FOLDER) return existsSync(hostPath) ? readdirSync(hostPath) : [];
    const [, name] = /^\/mnt\/adapter\/([^/]+)$/.exec(mountPath) ?? [];
    return name === undefined ? [] : [name];
  });
  return [...new Set(names)].sort();
}

function readObject(file: string): object {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    // The server that is started reads it again, and says what is wrong with it.
    return {};
  }
}
