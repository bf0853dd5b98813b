import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Auth,
  type Credentials,
  dockerConfigAuth,
  OciError,
  type OciErrorCode,
  parseReference,
  pullFiles,
  type RegistryOptions,
} from '@kaito-sdk/oci';
import { cloudIdentities } from './cloud-identities.js';
import type { Ask } from './cloud-identity.js';
import { LoaderError } from './loader-error.js';

/** What the loader needs of the world around it. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly ask: Ask;
  /** Registry transport, clock and patience; for tests. */
  readonly registry?: Partial<RegistryOptions>;
  log(line: string): void;
}

/** What came of fetching an image. */
export interface FetchedImage {
  readonly digest: string;
  /** In words for the report: which credentials the registry took. */
  readonly by: string;
}

/** One way to be let in. */
interface Way {
  readonly by: string;
  /** Undefined when this way does not lead to that registry. */
  auth(registry: string, repository: string): Promise<readonly Credentials[] | undefined>;
}

/** A registry that says one of these may let somebody else in. Some hide what is private behind "not found". */
const TURNED_AWAY: ReadonlySet<OciErrorCode> = new Set(['UNAUTHORIZED', 'FORBIDDEN', 'TOKEN_REFUSED', 'NOT_FOUND']);

/**
 * Takes `/data` out of an image: with each pull secret in turn, as nobody, then with an identity of the cloud. Each secret counts for
 * the image that it was named with, and its entries for their own registry.
 */
export async function fetchImage(
  image: string,
  into: string,
  secrets: readonly { readonly name: string; readonly folder: string }[],
  around: Surroundings,
): Promise<FetchedImage> {
  const reference = parsedReference(image);
  const ways = [...secrets.map(secretWay), anonymous, ...identityWays(reference.registry, around)];
  const told: string[] = [];
  let refused: OciError | undefined;
  for (const { by, auth } of ways) {
    try {
      const credentials = await auth(reference.registry, reference.repository);
      if (credentials === undefined) {
        told.push(`${by}: nothing for ${reference.registry}`);
        continue;
      }
      const { digest } = await pullFiles(reference, {
        ...around.registry,
        auth: asAuth(credentials),
        path: 'data',
        into,
        existing: 'replace',
      });
      return { digest, by };
    } catch (error) {
      if (!OciError.is(error)) throw error;
      if (!TURNED_AWAY.has(error.code)) throw asLoaderError(error);
      refused = error.code === 'NOT_FOUND' && refused !== undefined ? refused : error;
      told.push(`${by}: ${error.message}`);
      around.log(`${image}: ${by}: ${error.message}`);
    }
  }
  const missing = refused?.code === 'NOT_FOUND';
  throw new LoaderError(missing ? 'PULL_FAILED' : 'PULL_REFUSED', `${image} cannot be pulled. ${told.join('; ')}`);
}

/** A secret of type kubernetes.io/dockerconfigjson or the older kubernetes.io/dockercfg, mounted as a folder. */
function secretWay({ name, folder }: { readonly name: string; readonly folder: string }): Way {
  return {
    by: `pull secret ${name}`,
    async auth(registry, repository) {
      const text =
        (await readIfThere(join(folder, '.dockerconfigjson'))) ?? (await readIfThere(join(folder, '.dockercfg')));
      if (text === undefined) {
        const message =
          'a pull secret has neither .dockerconfigjson nor .dockercfg. Make it with "kubectl create secret docker-registry"';
        throw new LoaderError('PULL_FAILED', message);
      }
      const found = dockerConfigAuth(text);
      const credentials = typeof found === 'function' ? found(registry, repository) : [found];
      return credentials.length > 0 ? credentials : undefined;
    },
  };
}

const anonymous: Way = { by: 'no credentials', auth: async () => [] };

function identityWays(registry: string, { ask, env, log }: Surroundings): readonly Way[] {
  return cloudIdentities
    .filter((identity) => identity.serves(registry))
    .map((identity) => ({
      by: `cloud identity (${identity.name})`,
      auth: async () => {
        try {
          const credentials = await identity.credentials(registry, ask, env);
          return credentials === undefined ? undefined : [credentials];
        } catch (error) {
          log(`cloud identity (${identity.name}): ${error instanceof Error ? error.message : String(error)}`);
          return undefined;
        }
      },
    }));
}

const asAuth =
  (credentials: readonly Credentials[]): Auth =>
  () =>
    credentials;

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parsedReference(image: string) {
  try {
    return parseReference(image);
  } catch (error) {
    throw OciError.is(error) ? asLoaderError(error) : error;
  }
}

function asLoaderError(error: OciError): LoaderError {
  const inside: readonly OciErrorCode[] = ['PATH_MISSING', 'ENTRY_ESCAPES', 'ENTRY_UNSUPPORTED', 'LIMIT_EXCEEDED'];
  return new LoaderError(inside.includes(error.code) ? 'ADAPTER_INVALID' : 'PULL_FAILED', error.message);
}
