import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { Failure } from '../failure.js';
import { csvRecords } from './csv.js';
import type { DataFile } from './data-files.js';
import type { Row } from './form.js';

/** What a look into a file brought. */
export interface Contents {
  readonly columns: readonly string[];
  /** Absent where only the training program counts them. */
  readonly rows?: number;
  /** The first rows. */
  readonly sample: readonly Row[];
}

/** Rows that are looked at. The training program looks at every one, and says how many it left out. */
export const SAMPLE = 200;

/** A JSON file is read whole. */
const LONGEST_JSON = 512 * 2 ** 20;

/** @throws Failure DATA_UNREADABLE, NOTHING_TO_TRAIN */
export async function readContents(file: DataFile): Promise<Contents> {
  try {
    return await readers[file.format](file);
  } catch (error) {
    if (error instanceof Failure) throw error;
    const why = (error as Error).message.split('\n')[0];
    const message = `${file.name} (${file.bytes} bytes) cannot be read as ${file.format}: ${why}. Was it uploaded whole?`;
    throw new Failure('DATA_UNREADABLE', message);
  }
}

const readers: Readonly<Record<DataFile['format'], (file: DataFile) => Promise<Contents>>> = {
  async parquet({ path }) {
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file);
    const columns = parquetSchema(metadata).children.map(({ element }) => element.name);
    const rows = Number(metadata.num_rows);
    const sample = await parquetReadObjects({
      file,
      metadata,
      compressors,
      rowStart: 0,
      rowEnd: Math.min(rows, SAMPLE),
    });
    // Whether all of it is there is known by the end of the last column: the footer alone may come from another file.
    return { columns, rows, sample: sample as readonly Row[] };
  },

  async jsonl({ path }) {
    const sample: Row[] = [];
    let rows = 0;
    for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line.trim() === '') continue;
      rows++;
      if (sample.length < SAMPLE) sample.push(rowOf(JSON.parse(line), rows));
    }
    return { columns: columnsOf(sample), rows, sample };
  },

  async json(file) {
    if (file.bytes > LONGEST_JSON) return { columns: [], sample: [] };
    const text = await readFile(file.path, 'utf8');
    // Files called .json often hold one object a line.
    if (!text.trimStart().startsWith('[')) return readers.jsonl(file);
    const list = JSON.parse(text) as readonly unknown[];
    const sample = list.slice(0, SAMPLE).map((value, index) => rowOf(value, index + 1));
    return { columns: columnsOf(sample), rows: list.length, sample };
  },

  async csv({ path }) {
    const sample: Row[] = [];
    let columns: readonly string[] = [];
    let rows = -1;
    for await (const cells of csvRecords(createReadStream(path, 'utf8'))) {
      if (rows++ < 0) columns = cells;
      else if (sample.length < SAMPLE) sample.push(Object.fromEntries(columns.map((column, i) => [column, cells[i]])));
    }
    return { columns, rows: Math.max(0, rows), sample };
  },

  async arrow({ path }) {
    const handle = await open(path);
    try {
      const { buffer } = await handle.read(Buffer.alloc(6), 0, 6, 0);
      // A file begins with its name; a stream, which datasets writes, with the marker of a message.
      const known = buffer.toString('latin1') === 'ARROW1' || buffer.readUInt32LE(0) === 0xffffffff;
      if (!known) throw new Error('it begins with no Arrow marker');
    } finally {
      await handle.close();
    }
    return { columns: [], sample: [] };
  },
};

function rowOf(value: unknown, number: number): Row {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Row;
  throw new Error(`row ${number} is no object`);
}

function columnsOf(sample: readonly Row[]): readonly string[] {
  return [...new Set(sample.flatMap((row) => Object.keys(row)))];
}
