import { definePlugin } from '@kaito-sdk/core';
import { IsArray, IsOptional, IsString } from 'class-validator';
import { PresetImageRuntime } from './preset-image/preset-image-runtime.js';
import { VllmRuntime } from './vllm/vllm-runtime.js';

/** Settings under `config["@kaito-sdk/runtime-inference"]`. */
class RuntimeInferenceConfig {
  /** One registry (with an optional path) from which every image is pulled, for clusters that reach no other. */
  @IsOptional()
  @IsString()
  registry?: string;

  /** Where the `kaito-<preset>` images lie. @default `registry`, else KAITO's public registry */
  @IsOptional()
  @IsString()
  presetImageRegistry?: string;

  /** Repository of the vLLM image below its registry. */
  @IsOptional()
  @IsString()
  vllmRepository?: string;

  /** Tag of the vLLM image. */
  @IsOptional()
  @IsString()
  vllmTag?: string;

  /** Secrets to pull with, in the namespace of each Workspace. */
  @IsArray()
  @IsString({ each: true })
  pullSecrets: string[] = [];
}

export default definePlugin(
  {
    name: '@kaito-sdk/runtime-inference',
    apiVersion: '1',
    provides: ['runtime'],
    requires: ['presets'],
    config: RuntimeInferenceConfig,
  },
  (host) => {
    const { registry, presetImageRegistry = registry, vllmRepository, vllmTag, pullSecrets } = host.config;
    host.runtime(
      new PresetImageRuntime({
        pullSecrets,
        ...(presetImageRegistry === undefined ? {} : { registry: presetImageRegistry }),
      }),
    );
    host.runtime(
      new VllmRuntime({
        pullSecrets,
        ...(registry === undefined ? {} : { registry }),
        ...(vllmRepository === undefined ? {} : { repository: vllmRepository }),
        ...(vllmTag === undefined ? {} : { tag: vllmTag }),
      }),
    );
  },
);
