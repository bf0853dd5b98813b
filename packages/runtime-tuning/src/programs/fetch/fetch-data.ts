import { mkdir } from 'node:fs/promises';
import { dockerConfigAuth, firstOf, OciError, pullFiles } from '@kaito-sdk/oci';
import { withoutQuery } from '../../planned-tuning.js';
import { readDockerConfigs } from '../docker-configs.js';
import { Failure } from '../failure.js';
import type { Surroundings } from '../surroundings.js';
import { PLACES, type Task } from '../task.js';
import { download } from './download.js';
import { fileNames } from './file-names.js';

/** Brings the data of a task into the folder. Where it lies in a volume there is nothing to bring. */
export async function fetchData(
  task: Task,
  folder: string,
  around: Surroundings,
  pullSecrets: string = PLACES.pullSecrets,
): Promise<void> {
  const { urls = [], image } = task.input;
  if (urls.length > 0) await fetchUrls(urls, task, folder, around);
  else if (image) await fetchImage(image, task, folder, pullSecrets);
}

async function fetchUrls(urls: readonly string[], task: Task, folder: string, around: Surroundings): Promise<void> {
  await mkdir(folder, { recursive: true });
  const names = fileNames(urls);
  for (const [index, url] of urls.entries()) {
    const name = names[index] ?? '';
    const { bytes, sha256 } = await download(url, { folder, name, private: task.privateDataUrls }, around);
    around.say('fetched', { from: withoutQuery(url), file: name, bytes, sha256 });
  }
}

async function fetchImage(image: string, task: Task, folder: string, pullSecrets: string): Promise<void> {
  const configs = await readDockerConfigs(pullSecrets);
  try {
    await pullFiles(image, {
      path: 'data',
      into: folder,
      existing: 'replace',
      auth: firstOf(configs.map((text) => dockerConfigAuth(text))),
      ...(task.plainHttpRegistries ? { plainHttp: 'always' as const } : {}),
    });
  } catch (error) {
    if (!OciError.is(error)) throw error;
    throw new Failure(`DATA_IMAGE_${error.code}`, error.message, error.code !== 'UNAVAILABLE');
  }
}
