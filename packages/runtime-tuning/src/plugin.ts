import { definePlugin } from '@kaito-sdk/core';
import { IsArray, IsBoolean, IsInt, IsOptional, IsString, Min } from 'class-validator';
import { TuningRuntime } from './tuning-runtime.js';

/** Settings under `config["@kaito-sdk/runtime-tuning"]`. */
class RuntimeTuningConfig {
  /** The registry (with an optional path) from which all images of a tuning are pulled. */
  @IsOptional()
  @IsString()
  registry?: string;

  /** Tag of these images. */
  @IsOptional()
  @IsString()
  tag?: string;

  /** Secrets to pull with, in the namespace of each Workspace. */
  @IsArray()
  @IsString({ each: true })
  pullSecrets: string[] = [];

  /** How often a pod that failed is followed by another one. */
  @IsInt()
  @Min(0)
  retries = 3;

  /** Whether pods may fetch data from private addresses: the cluster's own services, the machine, the metadata service of the cloud. */
  @IsBoolean()
  privateDataUrls = false;

  /** Whether registries may be spoken to over plain http. */
  @IsBoolean()
  plainHttpRegistries = false;

  /** A mirror of the model hub, `https://hub.example`. */
  @IsOptional()
  @IsString()
  hubEndpoint?: string;
}

export default definePlugin(
  {
    name: '@kaito-sdk/runtime-tuning',
    apiVersion: '1',
    provides: ['runtime'],
    requires: ['presets'],
    config: RuntimeTuningConfig,
  },
  (host) => {
    const { registry, tag, hubEndpoint, ...others } = host.config;
    host.runtime(
      new TuningRuntime({
        ...others,
        ...(registry === undefined ? {} : { registry }),
        ...(tag === undefined ? {} : { tag }),
        ...(hubEndpoint === undefined ? {} : { hubEndpoint }),
      }),
    );
  },
);
