import { definePlugin } from '@kaito-sdk/core';
import { IsArray, IsBoolean, IsInt, IsObject, IsOptional, IsString, Min } from 'class-validator';
import { type AdapterOptions, loaderImage } from './adapters/adapter-options.js';
import { LlamacppRuntime } from './llamacpp/llamacpp-runtime.js';
import { PresetImageRuntime } from './preset-image/preset-image-runtime.js';
import { TemplateRuntime } from './template/template-runtime.js';
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

  /** Most nodes that vLLM deals one copy of a model over. Experimental: above 1 has never run on hardware. */
  @IsInt()
  @Min(1)
  vllmNodes = 1;

  /** Secrets to pull with, in the namespace of each Workspace. */
  @IsArray()
  @IsString({ each: true })
  pullSecrets: string[] = [];

  /** Image of the program that brings adapters into pods. @default ours, below `registry` if that is set */
  @IsOptional()
  @IsString()
  adapterLoaderImage?: string;

  /** The cluster serves volumes of kind `image` (feature gate ImageVolume, and a container engine that has them). */
  @IsBoolean()
  imageVolumes = false;

  /** Adapters are exchanged under a running vLLM on one node. Off: every change of them makes new pods. */
  @IsBoolean()
  liveAdapters = true;

  /** Service account of pods that pull adapters, with an identity of the cloud that may read their registries. */
  @IsOptional()
  @IsString()
  adapterServiceAccount?: string;

  /** Labels by which the cloud's webhook finds those pods. */
  @IsObject()
  adapterPodLabels: Record<string, string> = {};
}

/** How adapters come into pods, with the defaults that depend on other settings. */
function adapterOptions(config: RuntimeInferenceConfig): AdapterOptions {
  const { registry, adapterLoaderImage, imageVolumes, liveAdapters, adapterServiceAccount, adapterPodLabels } = config;
  return {
    loaderImage: adapterLoaderImage ?? loaderImage(registry),
    imageVolumes,
    live: liveAdapters,
    ...(adapterServiceAccount === undefined ? {} : { serviceAccount: adapterServiceAccount }),
    ...(Object.keys(adapterPodLabels).length > 0 ? { podLabels: adapterPodLabels } : {}),
  };
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
    const adapters = adapterOptions(host.config);
    host.runtime(
      new PresetImageRuntime({
        pullSecrets,
        adapters,
        ...(presetImageRegistry === undefined ? {} : { registry: presetImageRegistry }),
      }),
    );
    host.runtime(new TemplateRuntime());
    host.runtime(new LlamacppRuntime({ pullSecrets, adapters, ...(registry === undefined ? {} : { registry }) }));
    host.runtime(
      new VllmRuntime({
        longestPipeline: host.config.vllmNodes,
        pullSecrets,
        adapters,
        ...(registry === undefined ? {} : { registry }),
        ...(vllmRepository === undefined ? {} : { repository: vllmRepository }),
        ...(vllmTag === undefined ? {} : { tag: vllmTag }),
      }),
    );
  },
);
