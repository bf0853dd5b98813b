import { readdir, stat } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';
import { Failure } from '../failure.js';
import type { DatasetSettings } from './settings.js';

export type Format = 'parquet' | 'json' | 'jsonl' | 'csv' | 'arrow';

export interface DataFile {
  readonly path: string;
  /** From the folder of the data. */
  readonly name: string;
  readonly format: Format;
  readonly bytes: number;
}

const FORMATS: Readonly<Record<string, Format>> = {
  '.parquet': 'parquet',
  '.jsonl': 'jsonl',
  '.json': 'json',
  '.csv': 'csv',
  '.arrow': 'arrow',
};

/**
 * Every data file below the folder, by path. A name that merely contains a format counts, as it does for KAITO: downloads often have a query
 * behind it.
 *
 * @throws Failure NO_DATA
 */
export async function dataFiles(folder: string, settings: DatasetSettings): Promise<readonly DataFile[]> {
  const root =
    settings.dataset_path === undefined ? folder : join(folder, relative('/mnt/data', settings.dataset_path));
  const entry = await stat(root).catch(() => undefined);
  const paths = entry?.isFile() ? [root] : await filesBelow(root);
  const found: DataFile[] = [];
  for (const path of paths) {
    const format = formatOf(path, settings.dataset_extension);
    if (format === undefined) continue;
    found.push({ path, name: relative(folder, path), format, bytes: (await stat(path)).size });
  }
  if (found.length > 0) return found;
  const names = paths.map((path) => relative(folder, path)).slice(0, 5);
  const there = names.length === 0 ? 'nothing' : names.join(', ');
  throw new Failure('NO_DATA', `there is no parquet, json, jsonl, csv or arrow file in the data; there is ${there}`);
}

async function filesBelow(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.part'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function formatOf(path: string, stated: string | undefined): Format | undefined {
  if (stated) return FORMATS[`.${stated.replace(/^\.+/, '')}`];
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  const ending = FORMATS[extname(name)];
  return ending ?? Object.values(FORMATS).find((format) => name.includes(format));
}
