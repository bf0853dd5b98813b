import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The texts of every `config.json` in a folder and in the folders in it: one Secret each. None where there is no folder. */
export async function readDockerConfigs(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  const files = ['.', ...names.filter((name) => !name.startsWith('.')).sort()].map((name) =>
    join(folder, name, 'config.json'),
  );
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => undefined)));
  return texts.filter((text) => text !== undefined);
}
