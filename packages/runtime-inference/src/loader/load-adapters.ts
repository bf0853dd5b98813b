import { copyFile, mkdir, mkdtemp, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { type AdapterConfig, readAdapterConfig, writeAdapterConfig } from './adapter-config.js';
import { combine, type Part } from './combine.js';
import type { LoaderAdapter, LoaderDocument } from './document.js';
import { fetchImage, type Surroundings } from './fetch-image.js';
import { LoaderError } from './loader-error.js';
import { checkBaseName, checkSizes, pairUp } from './matrices.js';
import { readTensors } from './safetensors.js';

/** What was loaded, for the pod's status. Short: a termination message has 4,096 bytes. */
export interface LoadReport {
  /** Fingerprint of the document, where it came in a file. */
  readonly document?: string;
  readonly adapters: readonly {
    readonly name: string;
    /** Who fetched it. */
    readonly by: string;
    /** Of the image's manifest. */
    readonly digest?: string;
    readonly rank: number;
  }[];
}

const CONFIG = 'adapter_config.json';
const WEIGHTS = 'adapter_model.safetensors';

/**
 * Brings every adapter of a document to its folder, in the form that the engine reads: fetched, checked against the model, with a
 * configuration that old and new engines understand, and weighed where the engine does not weigh. Safe to be run again.
 */
export async function loadAdapters(document: LoaderDocument, around: Surroundings): Promise<LoadReport> {
  const { into, combined, model, adapters } = document;
  checkSlots(document);
  await mkdir(into, { recursive: true });
  const parts: Part[] = [];
  const report: LoadReport['adapters'][number][] = [];
  for (const adapter of adapters) {
    try {
      const { part, by, digest } = await loadOne(adapter, document, around);
      parts.push(part);
      report.push({ name: adapter.name, by, ...(digest === undefined ? {} : { digest }), rank: part.config.rank });
    } catch (error) {
      throw error instanceof LoaderError ? error.of(adapter.name) : error;
    }
  }
  if (combined !== undefined) {
    const rank = parts.reduce((sum, { config }) => sum + config.rank, 0);
    checkRank(rank, document, `${parts.length} adapters together have rank`);
    await combine(parts, join(into, combined), model.names.at(1) ?? '');
  }
  return { adapters: report };
}

async function loadOne(
  adapter: LoaderAdapter,
  document: LoaderDocument,
  around: Surroundings,
): Promise<{ readonly part: Part; readonly by: string; readonly digest?: string }> {
  const { into, model } = document;
  const { strength = 1 } = adapter;
  const work = await mkdtemp(join(into, '.loading-'));
  try {
    const source = await sourceOf(adapter, join(work, 'data'), around);
    const config = readAdapterConfig(await read(source.folder, CONFIG));
    checkBaseName(config.baseModel, model);
    checkRank(config.rank, document, 'its rank is');
    const weights = await weightsIn(source.folder);
    const pairs = pairUp(await readTensors(weights), config.rank);
    checkSizes(pairs, model);
    const targets = new Set(pairs.map(({ target }) => target));
    const ready = join(work, 'ready');
    await mkdir(ready);
    await copyFile(weights, join(ready, WEIGHTS));
    await writeFile(
      join(ready, CONFIG),
      writeAdapterConfig(weighed(config, strength), model.names.at(1) ?? '', [...targets]),
    );
    const folder = join(into, adapter.name);
    await rm(folder, { recursive: true, force: true });
    await rename(ready, folder);
    const part = { file: join(folder, WEIGHTS), config, strength, pairs };
    return { part, by: source.by, ...(source.digest === undefined ? {} : { digest: source.digest }) };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

interface Source {
  readonly folder: string;
  readonly by: string;
  readonly digest?: string;
}

async function sourceOf(adapter: LoaderAdapter, into: string, around: Surroundings): Promise<Source> {
  const { image, folder, secrets = [], by = 'volume' } = adapter;
  if (folder !== undefined) {
    // An image as a volume shows its root, a volume of the user's the files themselves.
    const below = join(folder, 'data');
    return { folder: (await fileIn(below, CONFIG)) ? below : folder, by };
  }
  if (image === undefined) throw new LoaderError('DOCUMENT_INVALID', 'neither an image nor a folder is given');
  return { folder: into, ...(await fetchImage(image, into, secrets, around)) };
}

/** Of several places one is enough; a pickle is refused, since reading it runs whatever is in it. */
async function weightsIn(folder: string): Promise<string> {
  const found = await fileIn(folder, WEIGHTS);
  if (found) return found.path;
  const why = (await fileIn(folder, 'adapter_model.bin'))
    ? 'it has adapter_model.bin, which is not read because reading it runs code'
    : `it has no ${WEIGHTS}`;
  throw new LoaderError('ADAPTER_INVALID', `${why}. Save the adapter as safetensors, under /data of an image`);
}

/** A configuration has a few kilobytes, and is read as a whole. */
const MOST_CONFIG = 2 ** 20;

async function read(folder: string, name: string): Promise<string> {
  const found = await fileIn(folder, name);
  if (!found) {
    throw new LoaderError(
      'ADAPTER_INVALID',
      `it has no ${name}. Put the files of the adapter under /data of an image, or into a volume`,
    );
  }
  if (found.size > MOST_CONFIG)
    throw new LoaderError(
      'ADAPTER_INVALID',
      `its ${name} has ${found.size} bytes, which none has. Push the adapter anew`,
    );
  return readFile(found.path, 'utf8');
}

/**
 * A file of an adapter that somebody else put there, itself and not a link to it. Pull secrets of other adapters are mounted in the same
 * pod, and what cannot be used of a file is quoted in a refusal: a link must not lead there.
 */
async function fileIn(
  folder: string,
  name: string,
): Promise<{ readonly path: string; readonly size: number } | undefined> {
  const path = await realpath(join(folder, name)).catch(() => undefined);
  if (path === undefined) return undefined;
  if (!path.startsWith(`${await realpath(folder)}${sep}`)) {
    throw new LoaderError(
      'ADAPTER_INVALID',
      `its ${name} is a link that leads out of its folder. Push the adapter anew`,
    );
  }
  const found = await stat(path);
  return found.isFile() ? { path, size: found.size } : undefined;
}

/** The strength in the adapter itself: exact, since the change of a layer is alpha times a fixed matrix. */
function weighed(config: AdapterConfig, strength: number): AdapterConfig {
  return { ...config, alpha: config.alpha * strength };
}

function checkSlots({ adapters, combined, slots }: LoaderDocument): void {
  const count = adapters.length + (combined === undefined ? 0 : 1);
  if (slots === undefined || count <= slots) return;
  const message = `${count} adapters, all of them together as one included, are more than the ${slots} that the engine was started for. Set the annotation kaito.sh/max-loras to ${count} or more`;
  throw new LoaderError('ADAPTER_UNSUPPORTED', message);
}

function checkRank(rank: number, { maxRank }: LoaderDocument, what: string): void {
  if (maxRank === undefined || rank <= maxRank) return;
  const message = `${what} ${rank}, and the engine was started for ${maxRank} at the most. Set the annotation kaito.sh/max-lora-rank to ${rank} or more`;
  throw new LoaderError('ADAPTER_UNSUPPORTED', message);
}
