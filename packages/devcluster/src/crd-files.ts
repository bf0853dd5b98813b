import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { ClusterClient } from './client.js';
import { UsageError } from './command-line.js';
import { messageOf } from './controllers/api-failure.js';
import { exactIntegers } from './http/body.js';
import { kinds } from './kinds.js';
import type { KubeObject } from './objects.js';

/** A manifest with the file it came from. */
export interface CrdFile {
  readonly file: string;
  readonly object: KubeObject;
}

/** The CustomResourceDefinitions in the YAML and JSON files of a directory. @throws UsageError naming the file and its fault. */
export function readCrds(directory: string): CrdFile[] {
  let names: string[];
  try {
    names = readdirSync(directory).filter((name) => /\.(ya?ml|json)$/.test(name));
  } catch {
    throw new UsageError(`--crds: there is no directory ${directory}`);
  }
  if (names.length === 0) throw new UsageError(`--crds: no *.yaml, *.yml or *.json file in ${directory}`);
  return names.sort().flatMap((name) => readFile(join(directory, name)));
}

/** Creates the definitions, and brings those that are there already, from an earlier run, to what the files say. @throws UsageError naming the file. */
export async function installCrds(client: ClusterClient, definitions: readonly CrdFile[]): Promise<void> {
  const kind = kinds.customResourceDefinitions;
  for (const { file, object } of definitions) {
    try {
      const there = await client.get(kind, undefined, object.metadata?.name ?? '');
      if (there === undefined) await client.create(kind, object);
      else await client.update(kind, { ...there, spec: object.spec });
    } catch (error) {
      throw new UsageError(`--crds: the API server refuses ${file}: ${messageOf(error)}`);
    }
  }
}

function readFile(file: string): CrdFile[] {
  return parseAllDocuments(readFileSync(file, 'utf8'), { intAsBigInt: true }).flatMap((document) => {
    const [fault] = document.errors;
    if (fault !== undefined) throw new UsageError(`--crds: ${file} is not YAML: ${fault.message.split('\n')[0]}`);
    const object: unknown = document.toJS({ reviver: exactIntegers });
    if (object === null) return [];
    if (!isDefinition(object)) {
      throw new UsageError(
        `--crds: ${file} holds something else than CustomResourceDefinitions; apply that with kubectl`,
      );
    }
    return [{ file, object }];
  });
}

function isDefinition(object: unknown): object is KubeObject {
  return (
    typeof object === 'object' && object !== null && 'kind' in object && object.kind === 'CustomResourceDefinition'
  );
}
