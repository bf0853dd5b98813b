import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoaderDocument } from './document.js';
import type { Surroundings } from './fetch-image.js';
import { fingerprintOf } from './fingerprint.js';
import { type LoadReport, loadAdapters } from './load-adapters.js';
import { type Machine, onMachine } from './machine.js';
import { readDocument } from './read-document.js';

const REPORT = '.report.json';

/** The adapters of one document, where the engine reads them. */
export interface Generation {
  readonly fingerprint: string;
  readonly report: LoadReport;
  /** Names by which requests choose, with the folders as the engine calls them. All together come last. */
  readonly adapters: ReadonlyMap<string, string>;
}

/**
 * Brings the adapters of a document into a folder of their own: an engine keeps what it computed by the path that the weights came from, so
 * that other weights need another path. What was brought before is taken as it lies.
 */
export async function prepare(text: string, around: Surroundings, machine: Machine): Promise<Generation> {
  const document = readDocument(text);
  const fingerprint = fingerprintOf(text);
  const folder = join(document.into, fingerprint);
  const here = machine.locate(folder);
  const before = await reportIn(here);
  const report = before ?? {
    ...(await loadAdapters({ ...onMachine(document, machine), into: here }, around)),
    document: fingerprint,
  };
  if (before === undefined) await writeFile(join(here, REPORT), JSON.stringify(report));
  return { fingerprint, report, adapters: new Map(namesOf(document).map((name) => [name, join(folder, name)])) };
}

/** Removes the generations that nobody reads any more. */
export async function sweep(into: string, keep: readonly string[], machine: Machine): Promise<void> {
  const here = machine.locate(into);
  for (const name of await readdir(here)) {
    if (!keep.includes(name)) await rm(join(here, name), { recursive: true, force: true });
  }
}

function namesOf({ adapters, combined }: LoaderDocument): readonly string[] {
  return [...adapters.map(({ name }) => name), ...(combined === undefined ? [] : [combined])];
}

/** Written last: a folder without it was not finished. */
async function reportIn(folder: string): Promise<LoadReport | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, REPORT), 'utf8')) as LoadReport;
  } catch {
    return undefined;
  }
}
