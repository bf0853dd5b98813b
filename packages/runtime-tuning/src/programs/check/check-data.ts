import { Failure } from '../failure.js';
import { digestOf } from '../fetch/download.js';
import { dataFiles } from './data-files.js';
import { chooseForm, type Form } from './form.js';
import { readContents } from './read-rows.js';
import type { DatasetSettings } from './settings.js';

/** A data file as it goes into the training. */
export interface CheckedFile {
  readonly name: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly rows?: number;
}

/** What is known of the data before it is trained on. */
export interface CheckedData {
  readonly files: readonly CheckedFile[];
  /** Absent where no file tells. */
  readonly form?: Form['name'];
  /** Of the rows that were looked at, those that cannot be learned from. */
  readonly badRows: number;
  readonly looked: number;
}

/**
 * Looks at every file: format, columns, number of rows, and the first rows one by one.
 *
 * @throws Failure NO_DATA, DATA_UNREADABLE, COLUMNS_MISSING, DATA_MIXED, NOTHING_TO_TRAIN
 */
export async function checkData(folder: string, settings: DatasetSettings): Promise<CheckedData> {
  const files: CheckedFile[] = [];
  const forms = new Map<Form['name'], string>();
  const bad: string[] = [];
  let looked = 0;
  let rows = 0;
  let counted = true;
  for (const file of await dataFiles(folder, settings)) {
    const contents = await readContents(file);
    counted &&= contents.rows !== undefined;
    rows += contents.rows ?? 0;
    // Nothing is in it to tell its columns by; an empty file beside others does no harm.
    if (contents.columns.length > 0) {
      const form = chooseForm(file.name, contents.columns, settings);
      if (!forms.has(form.name)) forms.set(form.name, file.name);
      for (const [index, row] of contents.sample.entries()) {
        looked++;
        const problem = form.problem(row);
        if (problem !== undefined) bad.push(`${file.name} row ${index}: ${problem}`);
      }
    }
    const { name, path, bytes } = file;
    files.push({
      name,
      bytes,
      sha256: await digestOf(path),
      ...(contents.rows === undefined ? {} : { rows: contents.rows }),
    });
  }
  if (forms.size > 1) {
    const each = [...forms].map(([form, file]) => `${file} has ${form}`).join(', ');
    throw new Failure('DATA_MIXED', `the files have different forms: ${each}. Bring them to one`);
  }
  if (counted && rows === 0) throw new Failure('NOTHING_TO_TRAIN', 'the data has no rows');
  if (looked > 0 && bad.length === looked) {
    throw new Failure(
      'NOTHING_TO_TRAIN',
      `none of the first ${looked} rows can be used; ${bad.slice(0, 3).join('; ')}`,
    );
  }
  const [form] = forms.keys();
  return { files, ...(form === undefined ? {} : { form }), badRows: bad.length, looked };
}

/** A sentence for the condition: `1 file with 14,871 rows of messages`. */
export function describeData({ files, form, badRows, looked }: CheckedData): string {
  const rows = files.reduce((sum, file) => sum + (file.rows ?? 0), 0);
  const many = files.length === 1 ? '1 file' : `${files.length} files`;
  const of = form === undefined ? '' : ` of ${form === 'prompt' ? 'prompt and completion' : form}`;
  const bad = badRows === 0 ? '' : `; ${badRows} of the first ${looked} cannot be used and are left out`;
  return `${many} with ${rows.toLocaleString('en-US')} rows${of}${bad}`;
}
