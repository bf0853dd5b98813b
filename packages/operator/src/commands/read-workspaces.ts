import { readFile } from 'node:fs/promises';
import { text as consume } from 'node:stream/consumers';
import { isWorkspace, nearMisses, type Workspace, workspaceFrom } from '@kaito-sdk/core';
import { parseAllDocuments } from 'yaml';
import { UsageError } from '../usage-error.js';

/** The Workspaces of a manifest, and what else is in it: ConfigMaps and Secrets often lie beside them. */
export interface Manifest {
  readonly workspaces: readonly Workspace[];
  /** `ConfigMap settings`, in order. */
  readonly others: readonly string[];
}

/** Reads all files, in their order, as if they were one. @throws UsageError when there is no Workspace in one of them */
export async function readManifests(files: readonly string[]): Promise<Manifest> {
  const read: Manifest[] = [];
  for (const file of files) read.push(await readWorkspaces(file));
  return {
    workspaces: read.flatMap(({ workspaces }) => workspaces),
    others: read.flatMap(({ others }) => others),
  };
}

/** A manifest without its option, as in `kaito plan FILE`. @throws UsageError that says how to name it */
export function refuseBareFiles(command: string, words: readonly string[]): void {
  if (words.length > 0) throw new UsageError(`name a manifest with -f: kaito ${command} -f ${words.join(' -f ')}`);
}

/** Reads a file of one or more YAML documents, Lists included; `-` is standard input. @throws UsageError when there is no Workspace in it */
export async function readWorkspaces(file: string): Promise<Manifest> {
  const text = await (file === '-' ? consume(process.stdin) : readFile(file, 'utf8')).catch((error: Error) => {
    throw new UsageError(`cannot read ${file}: ${error.message}`);
  });
  const name = file === '-' ? 'standard input' : file;
  const documents = parseAllDocuments(text);
  const objects = documents.flatMap((document, index) => {
    const where = documents.length > 1 ? `${name}, document ${index + 1}` : name;
    const [error] = document.errors;
    if (error) throw new UsageError(`${where} is not YAML: ${error.message}`);
    return itemsOf(parsed(document, where)).map((object) => ({ object, where }));
  });
  const workspaces: Workspace[] = [];
  const others: string[] = [];
  for (const { object, where } of objects) {
    if (isOther(object)) others.push(nameOf(object));
    else workspaces.push(readWorkspace(object, where));
  }
  if (workspaces.length > 0) return { workspaces, others };
  const found = others.length === 0 ? 'it is empty' : `there is ${others.join(', ')}`;
  const near = others.some((other) => nearMisses(other.split(' ')[0] ?? '', ['Workspace']).length > 0);
  throw new UsageError(`there is no Workspace in ${name}: ${found}${near ? '; did you mean kind Workspace?' : ''}`);
}

function parsed(document: { toJS(): unknown }, where: string): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    throw new UsageError(`${where} is not YAML: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** The items of a List; an empty document has none. */
function itemsOf(value: unknown): readonly unknown[] {
  if (value === null || value === undefined) return [];
  const { apiVersion, kind, items } = value as { apiVersion?: unknown; kind?: unknown; items?: unknown };
  return apiVersion === 'v1' && kind === 'List' && Array.isArray(items) ? items : [value];
}

interface Other {
  readonly kind: string;
  readonly metadata?: { readonly name?: unknown };
}

/** Another Kubernetes object; what only looks a little like one is to be read as a Workspace, and refused as such. */
function isOther(value: unknown): value is Other {
  if (isWorkspace(value)) return false;
  const { apiVersion, kind } = (value ?? {}) as { apiVersion?: unknown; kind?: unknown };
  return typeof apiVersion === 'string' && typeof kind === 'string' && kind !== 'Workspace';
}

function nameOf({ kind, metadata }: Other): string {
  return typeof metadata?.name === 'string' ? `${kind} ${metadata.name}` : kind;
}

function readWorkspace(value: unknown, where: string): Workspace {
  try {
    return workspaceFrom(value);
  } catch (cause) {
    throw new UsageError(`${where}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}
