import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesBlob, dockerConfigAuth, OciError, parseReference, Registry } from '@kaito-sdk/oci';
import { Failure } from '../failure.js';
import { PLACES, type Task } from '../task.js';

/**
 * Tries what the end of the tuning will rest on: that the Secret is there, and may push. A blob of two bytes is pushed, which no image
 * refers to and which the registry clears away; nothing short of a push tells whether one is allowed.
 *
 * @throws Failure PUSH_SECRET_MISSING, and PUSH_ with the code of whatever the registry says
 */
export async function checkPush(
  { output, plainHttpRegistries }: Task,
  folder: string = PLACES.pushSecret,
): Promise<void> {
  if (!output) return;
  const auth = await pushAuth(output.secret, folder);
  try {
    const registry = new Registry({ auth, ...(plainHttpRegistries ? { plainHttp: 'always' as const } : {}) });
    await registry.pushBlob(parseReference(output.image), bytesBlob(Buffer.from('{}')));
  } catch (error) {
    throw pushFailure(error);
  }
}

/** Reads the Secret anew, as its volume follows it. @throws Failure PUSH_SECRET_MISSING, PUSH_DOCKER_CONFIG_INVALID */
export async function pushAuth(secret: string, folder: string) {
  const text = await readFile(join(folder, 'config.json'), 'utf8').catch(() => {
    const message = `Secret ${secret} is not in this namespace, or has no key .dockerconfigjson: make it with "kubectl create secret docker-registry"`;
    throw new Failure('PUSH_SECRET_MISSING', message);
  });
  try {
    return dockerConfigAuth(text);
  } catch (error) {
    throw pushFailure(error);
  }
}

/** The registry's own words, which hold no credentials (packages/oci); only what may pass by itself is worth another try. */
export function pushFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (!OciError.is(error)) throw error;
  return new Failure(`PUSH_${error.code}`, error.message, error.code !== 'UNAVAILABLE');
}
