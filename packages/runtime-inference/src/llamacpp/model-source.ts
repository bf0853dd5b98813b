import type { Workspace } from '@kaito-sdk/core';

/** Where the model's GGUF file comes from. */
export const GGUF_ANNOTATION = 'kaito.sh/gguf';

export type ModelSource =
  /** The tiny demonstration model that is in the engine's own image. */
  | { readonly kind: 'tiny' }
  /** A file under `/data` of an image with a shell. */
  | { readonly kind: 'image'; readonly image: string; readonly file: string }
  /** A file in a volume. */
  | { readonly kind: 'claim'; readonly claim: string; readonly file: string };

export const GGUF_FORMS = 'tiny, image:REFERENCE!FILE.gguf (under /data of the image) or pvc:CLAIM/FILE.gguf';

/** Reads the annotation; undefined when there is none or it has another form. */
export function modelSource({ metadata }: Workspace): ModelSource | undefined {
  const value = metadata.annotations?.[GGUF_ANNOTATION] ?? '';
  if (value === 'tiny') return { kind: 'tiny' };
  const [, image, inImage] = /^image:([^!\s]+)!([\w./-]+\.gguf)$/.exec(value) ?? [];
  if (image !== undefined && inImage !== undefined && isInside(inImage)) return { kind: 'image', image, file: inImage };
  const [, claim, inClaim] = /^pvc:([a-z0-9][a-z0-9.-]*)\/([\w./-]+\.gguf)$/.exec(value) ?? [];
  if (claim !== undefined && inClaim !== undefined && isInside(inClaim)) return { kind: 'claim', claim, file: inClaim };
  return undefined;
}

function isInside(file: string): boolean {
  return !file.startsWith('/') && !file.split('/').includes('..');
}
