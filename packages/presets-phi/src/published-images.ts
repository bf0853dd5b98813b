import type { ModelPreset } from '@kaito-sdk/core';

/** KAITO's public images of phi-3-mini, by release: what is inside changed four times. */
const MINI_IMAGES: readonly (readonly [tag: string, release: string, server: string])[] = [
  ['0.0.1', 'KAITO v0.3.0', '/chat, torch 2.2.0'],
  ['0.0.2', 'KAITO v0.3.1 and v0.3.2', '/chat, torch 2.2.0'],
  ['0.0.3', 'KAITO v0.4.0', '/chat or vLLM 0.6.3, torch 2.4.0'],
  ['0.1.0', 'KAITO v0.4.5', '/chat or vLLM 0.8.2, torch 2.6.0'],
  ['0.1.1', 'KAITO v0.4.6', '/chat or vLLM 0.8.5, torch 2.6.0'],
];
const WEIGHTS_ONLY = ['0.2.0', 'KAITO v0.5 to v0.12', 'nothing'] as const;

const SOURCE =
  'preset lists of KAITO v0.3.2 and v0.12.0, contents of its images of phi-3-mini; the registry was not asked';

/** What is known of a preset's images: all of them, those of v0.3 and of the head, or those of the head. */
const KNOWN: Readonly<Record<string, 'all' | 'v0.3 and head' | 'head'>> = {
  'phi-3-mini-4k-instruct': 'all',
  'phi-3-mini-128k-instruct': 'all',
  'phi-3-medium-4k-instruct': 'v0.3 and head',
  'phi-3-medium-128k-instruct': 'v0.3 and head',
  'phi-3.5-mini-instruct': 'head',
  'phi-4': 'head',
  'phi-4-mini-instruct': 'head',
};

/** The preset with the images that KAITO published of it, where it did. */
export function withImages(preset: ModelPreset): ModelPreset {
  const known = KNOWN[preset.name];
  if (known === undefined) return preset;
  const before = known === 'all' ? MINI_IMAGES : known === 'head' ? [] : MINI_IMAGES.slice(0, 2);
  const images = [...before, WEIGHTS_ONLY].map(([tag, release, server]) => ({
    image: `kaito-${preset.name}:${tag}`,
    release,
    server,
  }));
  return { ...preset, images, sources: { ...preset.sources, images: SOURCE } };
}
