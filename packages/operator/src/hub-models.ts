import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type PresetPack, parseModelConfig, presetFromConfig, presetPackErrors } from '@kaito-sdk/core';
import type { HubModelSettings } from './config/hub-model-settings.js';
import { configErrorCodes } from './config.js';

/** The `models` of the configuration as presets, sized from their own `config.json`. Reads files, and nothing from any network. */
export async function hubModels(models: readonly HubModelSettings[], source: string): Promise<PresetPack> {
  const read = await Promise.all(models.map((model) => presetOf(model, source)));
  const pack: PresetPack = { name: 'configuration', models: read };
  const errors = presetPackErrors(pack);
  if (errors.length > 0) throw configErrorCodes.CONFIG_INVALID(source, errors.join('; '));
  return pack;
}

async function presetOf({ config: file, ...model }: HubModelSettings, source: string) {
  const fail = (why: string) => configErrorCodes.CONFIG_INVALID(source, `models: ${model.name}: ${file}: ${why}`);
  const text = await readFile(resolve(dirname(source), file), 'utf8').catch((error: Error) => {
    throw fail(error.message);
  });
  let config: unknown;
  try {
    config = parseModelConfig(text);
  } catch (error) {
    throw fail(error instanceof Error ? error.message : String(error));
  }
  const made = presetFromConfig({ ...model, config });
  if (!made.found) throw fail(made.problem);
  return made.preset;
}
