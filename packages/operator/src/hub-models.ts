import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type PresetPack, parseModelConfig, presetFromConfig, presetPackErrors } from '@kaito-sdk/core';
import { IsBoolean, IsNotEmpty, IsOptional, IsPositive, IsString } from 'class-validator';
import { configErrorCodes } from './config.js';
import { viewErrors } from './view-errors.js';

/** One entry of `models` in the configuration. */
class HubModelView {
  /** What users write in `preset.name`. */
  @IsString()
  @IsNotEmpty()
  name!: string;

  @IsString()
  @IsNotEmpty()
  repository!: string;

  @IsOptional()
  @IsString()
  revision?: string;

  /** The model's own config.json, relative to the configuration. */
  @IsString()
  @IsNotEmpty()
  config!: string;

  /** Size of all weight files together, in bytes. */
  @IsOptional()
  @IsPositive()
  weightBytes?: number;

  /** SPDX id. */
  @IsOptional()
  @IsString()
  licence?: string;

  @IsOptional()
  @IsBoolean()
  gated?: boolean;
}

/** The `models` of the configuration as presets, sized from their own `config.json`. Reads files, and nothing from any network. */
export async function hubModels(models: readonly unknown[], source: string): Promise<PresetPack> {
  const causes = models.flatMap((model, index) => viewErrors(HubModelView, model, `models[${index}]`));
  if (causes.length > 0) throw configErrorCodes.CONFIG_INVALID(source, causes.join('; '));
  const read = await Promise.all((models as readonly HubModelView[]).map((model) => presetOf(model, source)));
  const pack: PresetPack = { name: 'configuration', models: read };
  const errors = presetPackErrors(pack);
  if (errors.length > 0) throw configErrorCodes.CONFIG_INVALID(source, errors.join('; '));
  return pack;
}

async function presetOf({ config: file, ...model }: HubModelView, source: string) {
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
