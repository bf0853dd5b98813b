import type { Digest } from './digest.js';
import { ociError } from './errors.js';
import { ImageTree } from './image-tree.js';
import type { Platform } from './manifest.js';
import { layerCompression } from './media-types.js';
import { abandon, type Existing, prepareTarget, publish } from './publish.js';
import { formatReference, parseReference, type Reference } from './reference.js';
import { Registry, type RegistryOptions } from './registry.js';
import { defaultPullLimits, LayerUnpacker, type PullLimits } from './unpack-layer.js';

/** Which files of an image to take, and where to. */
export interface PullFilesOptions extends RegistryOptions {
  /** The folder of the image, from its root: `data`. Its files land in `into` without this prefix. */
  readonly path: string;
  /** A folder, made if absent. */
  readonly into: string;
  /**
   * `refuse` (default) wants the folder empty; `replace` puts the image's files in place of ALL that is in it, after
   * everything was fetched and checked. What an interrupted pull left there is cleared away in either case.
   */
  readonly existing?: Existing;
  /** Which image of an index. If absent linux/amd64, or the only one there is. */
  readonly platform?: Platform;
  readonly limits?: Partial<PullLimits>;
  readonly signal?: AbortSignal;
}

/** A file that was taken. */
export interface PulledFile {
  /** From `into`. */
  readonly path: string;
  readonly size: number;
  readonly digest: Digest;
}

/** What was pulled. */
export interface PulledFiles {
  /** Of the image's manifest: what to record, as the tag may move. */
  readonly digest: Digest;
  /** The reference with that digest. */
  readonly pinned: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly files: readonly PulledFile[];
}

/**
 * Takes the files under a path out of an image, as a container of it would see them: layers in order, deletions of upper
 * layers honoured. Links inside become files; links that lead out, devices and names that lead out are refused. Contents
 * go to disk as they come; nothing has its final name before every digest was right.
 */
export async function pullFiles(ref: string | Reference, options: PullFilesOptions): Promise<PulledFiles> {
  const { signal, into } = options;
  const reference = typeof ref === 'string' ? parseReference(ref) : ref;
  const what = formatReference(reference);
  const registry = new Registry(options);
  const image = await registry.image(reference, {
    ...(options.platform === undefined ? {} : { platform: options.platform }),
    ...(signal === undefined ? {} : { signal }),
  });
  const layers = image.manifest.layers.map((layer) => {
    const compression = layerCompression(layer.mediaType);
    if (compression === undefined) throw ociError('LAYER_UNSUPPORTED', what, layer.mediaType);
    return { ...layer, compression };
  });
  const path = options.path.split('/').filter((part) => part !== '' && part !== '.');
  const folder = await prepareTarget(into, options.existing ?? 'refuse');
  try {
    const tree = new ImageTree(what, path);
    const unpacker = new LayerUnpacker({ what, path, folder, limits: { ...defaultPullLimits, ...options.limits } });
    for (const layer of layers)
      tree.apply(await unpacker.unpack(registry.blob(reference, layer, signal), layer.compression));
    const files = tree.files();
    refuseCopies(what, files, { ...defaultPullLimits, ...options.limits });
    signal?.throwIfAborted();
    await publish(what, into, files);
    return {
      digest: image.digest,
      pinned: formatReference({ registry: reference.registry, repository: reference.repository, digest: image.digest }),
      annotations: image.manifest.annotations,
      files: [...files].map(([name, file]) => ({ path: name, size: file.size, digest: file.digest })),
    };
  } catch (error) {
    await abandon(into);
    throw error;
  }
}

/** A link becomes a copy, and an entry of an archive is a few bytes: what they come to counts, not what the layers held. */
function refuseCopies(what: string, files: ReadonlyMap<string, { readonly size: number }>, limits: PullLimits): void {
  if (files.size > limits.files) throw ociError('LIMIT_EXCEEDED', what, 'files', limits.files);
  const bytes = [...files.values()].reduce((sum, { size }) => sum + size, 0);
  if (bytes > limits.bytes) throw ociError('LIMIT_EXCEEDED', what, 'bytes', limits.bytes);
}
