import type { ModelPreset } from '@kaito-sdk/core';

/** What a preset says about its image with weights and server inside. */
export interface ImageFacts {
  /** Below the registry: `kaito-phi-3-mini-4k-instruct`. */
  readonly repository: string;
  readonly tag: string;
  readonly pipeline: string;
  /** Whether the model's repository brings Python code that must run. */
  readonly trustRemoteCode: boolean;
}

/** Reads the facts under `runtimes["preset-image"]`; undefined when the preset has no such image, an error when they are malformed. */
export function imageFacts(preset: ModelPreset, runtime: string): ImageFacts | undefined {
  const facts = preset.runtimes[runtime];
  if (facts === undefined) return undefined;
  const { repository, tag, pipeline, trustRemoteCode } = facts as Readonly<Record<string, unknown>>;
  const strings = { repository, tag, pipeline };
  for (const [name, value] of Object.entries(strings)) {
    if (typeof value !== 'string' || !/^[\w./-]+$/.test(value)) {
      throw new TypeError(
        `preset ${preset.name}: runtimes["${runtime}"].${name} must be a plain word, and is ${JSON.stringify(value)}`,
      );
    }
  }
  return {
    ...(strings as { repository: string; tag: string; pipeline: string }),
    trustRemoteCode: trustRemoteCode === true,
  };
}
