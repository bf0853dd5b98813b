import { type Digest, isDigest } from './digest.js';
import { ociError } from './errors.js';
import { mediaTypes } from './media-types.js';

/** A blob or manifest by type, digest and size in bytes. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Which machine an image is for. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** The image itself: a configuration and its layers, the lowest first. */
export interface ImageManifest {
  readonly kind: 'image';
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>>;
}

/** One image for several platforms. */
export interface ImageIndex {
  readonly kind: 'index';
  readonly mediaType: string;
  readonly manifests: readonly (Descriptor & { readonly platform?: Platform })[];
  readonly annotations: Readonly<Record<string, string>>;
}

export type Manifest = ImageManifest | ImageIndex;

/**
 * Reads a manifest, checking every field that is used later. `contentType` decides only where the manifest itself does not
 * say what it is. One that could be read as image and as index at once is refused, since two readers would see two images.
 * Throws `MANIFEST_INVALID`.
 */
export function parseManifest(bytes: Uint8Array, contentType: string | undefined, what: string): Manifest {
  const fail = (why: string): never => {
    throw ociError('MANIFEST_INVALID', what, why);
  };
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    fail('it is no JSON');
  }
  const body = asRecord(value) ?? fail('it is no JSON object');
  if (body.schemaVersion !== 2) fail('its schemaVersion is not 2; images of the first schema must be pushed anew');
  if ('layers' in body && 'manifests' in body) fail('it has layers and manifests at once');
  const stated = typeof body.mediaType === 'string' ? body.mediaType : contentType?.split(';')[0]?.trim();
  const isIndex = 'manifests' in body;
  const expected: readonly string[] = isIndex
    ? [mediaTypes.index, mediaTypes.dockerIndex]
    : [mediaTypes.manifest, mediaTypes.dockerManifest];
  const mediaType = stated ?? expected[0] ?? '';
  if (!expected.includes(mediaType)) fail(`its media type is ${mediaType}`);
  const annotations = textMap(body.annotations);
  const list = isIndex ? body.manifests : body.layers;
  if (!Array.isArray(list)) return fail(`it has no list of ${isIndex ? 'manifests' : 'layers'}`);
  const descriptor = (item: unknown, name: string): Descriptor =>
    parseDescriptor(item) ?? fail(`${name} is no descriptor`);
  if (!isIndex) {
    const layers = list.map((item: unknown, i) => descriptor(item, `layers[${i}]`));
    return { kind: 'image', mediaType, config: descriptor(body.config, 'config'), layers, annotations };
  }
  const manifests = list.map((item: unknown, i) => {
    const platform = parsePlatform(asRecord(item)?.platform);
    return { ...descriptor(item, `manifests[${i}]`), ...(platform === undefined ? {} : { platform }) };
  });
  return { kind: 'index', mediaType, manifests, annotations };
}

/** The platform taken when nobody asks for one: data is the same on all, and this one is nearly always there. */
export const defaultPlatform: Platform = { os: 'linux', architecture: 'amd64' };

/**
 * The image of an index to take. Asked for a platform, only that one will do; not asked, linux/amd64 is preferred and a
 * single image of any other platform is taken too, since data does not run. Throws `PLATFORM_MISSING`.
 */
export function choosePlatform(index: ImageIndex, platform: Platform | undefined, what: string): Descriptor {
  // Build attestations are listed beside the images, for a platform that no machine has.
  const images = index.manifests.filter((entry) => entry.platform?.os !== 'unknown');
  const wantedPlatform = platform ?? defaultPlatform;
  const fitting = images.find((entry) => entry.platform !== undefined && fits(entry.platform, wantedPlatform));
  const only = platform === undefined && images.length === 1 ? images[0] : undefined;
  const chosen = fitting ?? only;
  if (chosen === undefined) {
    const have = images.map((entry) =>
      entry.platform === undefined ? 'an unnamed platform' : platformName(entry.platform),
    );
    throw ociError(
      'PLATFORM_MISSING',
      what,
      platformName(wantedPlatform),
      have.length === 0 ? 'none' : have.join(', '),
    );
  }
  return chosen;
}

const fits = (have: Platform, wantedPlatform: Platform): boolean =>
  have.os === wantedPlatform.os &&
  have.architecture === wantedPlatform.architecture &&
  (wantedPlatform.variant === undefined || have.variant === wantedPlatform.variant);

const platformName = (platform: Platform): string =>
  [platform.os, platform.architecture, platform.variant].filter((part) => part !== undefined).join('/');

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

function textMap(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(asRecord(value) ?? {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

function parseDescriptor(value: unknown): Descriptor | undefined {
  const item = asRecord(value);
  if (item === undefined) return undefined;
  const { mediaType, digest, size } = item;
  if (typeof mediaType !== 'string' || typeof digest !== 'string' || !isDigest(digest)) return undefined;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return undefined;
  return { mediaType, digest, size, ...('annotations' in item ? { annotations: textMap(item.annotations) } : {}) };
}

function parsePlatform(value: unknown): Platform | undefined {
  const item = asRecord(value);
  if (typeof item?.os !== 'string' || typeof item.architecture !== 'string') return undefined;
  return {
    os: item.os,
    architecture: item.architecture,
    ...(typeof item.variant === 'string' ? { variant: item.variant } : {}),
  };
}
