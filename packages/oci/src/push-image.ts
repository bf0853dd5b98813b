import { bytesBlob } from './blob-source.js';
import type { Digest } from './digest.js';
import { buildLayer, type Layer, type LayerFile, type LayerPacking } from './layer.js';
import type { Platform } from './manifest.js';
import { mediaTypes } from './media-types.js';
import { formatReference, parseReference, type Reference } from './reference.js';
import { type BlobOutcome, Registry, type RegistryOptions } from './registry.js';

/** What to push, and where to. */
export interface PushImageOptions extends RegistryOptions {
  /** Where to: with a tag, or with none to be found by its digest alone. */
  readonly ref: string | Reference;
  readonly files: readonly LayerFile[];
  /** For machines of which kind the image says it is; data fits all. Default linux/amd64. */
  readonly platform?: Platform;
  /** The `config` part of the image's configuration: `Labels`, `Env`, `Cmd`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Annotations of the manifest. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly packing?: LayerPacking;
  /** A repository of the same registry that may hold the layer already. */
  readonly mountFrom?: string;
  readonly signal?: AbortSignal;
}

/** What was pushed. */
export interface PushedImage {
  readonly digest: Digest;
  /** Host, repository and digest: names this image for ever, whatever becomes of the tag. */
  readonly pinned: string;
  readonly layer: { readonly digest: Digest; readonly size: number; readonly outcome: BlobOutcome };
}

/**
 * Pushes files as an image of one layer: a real one, which container engines run, mount and copy from. The same files,
 * configuration and annotations give the same digest. The tag is written last: a push that breaks leaves it as it was.
 */
export async function pushImage(options: PushImageOptions): Promise<PushedImage> {
  const { signal, mountFrom } = options;
  const reference = typeof options.ref === 'string' ? parseReference(options.ref) : options.ref;
  const registry = new Registry(options);
  const layer = await buildLayer(options.files, options.packing);
  signal?.throwIfAborted();
  const config = bytesBlob(configOf(layer, options));
  const stop = signal === undefined ? {} : { signal };
  const outcome = await registry.pushBlob(reference, layer, {
    ...stop,
    ...(mountFrom === undefined ? {} : { mountFrom }),
  });
  await registry.pushBlob(reference, config, stop);
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, digest: config.digest, size: config.size },
    layers: [{ mediaType: mediaTypes.layer, digest: layer.digest, size: layer.size }],
    ...(options.annotations === undefined ? {} : { annotations: sorted(options.annotations) }),
  };
  const digest = await registry.pushManifest(reference, json(manifest), mediaTypes.manifest, signal);
  const { registry: host, repository } = reference;
  return {
    digest,
    pinned: formatReference({ registry: host, repository, digest }),
    layer: { digest: layer.digest, size: layer.size, outcome },
  };
}

/** The configuration without `created`: a time would make every push another image. */
function configOf(layer: Layer, options: PushImageOptions): Uint8Array {
  const platform = options.platform ?? { os: 'linux', architecture: 'amd64' };
  return json({
    architecture: platform.architecture,
    os: platform.os,
    ...(platform.variant === undefined ? {} : { variant: platform.variant }),
    config: sorted(options.config ?? {}),
    rootfs: { type: 'layers', diff_ids: [layer.diffId] },
  });
}

const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

const sorted = <T>(map: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
