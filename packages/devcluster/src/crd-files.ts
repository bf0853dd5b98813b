import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { UsageError } from './command-line.js';
import { exactIntegers } from './http/body.js';
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
