import { readFile } from 'node:fs/promises';
import { isWorkspace, KaitoError, type KubeObject, kindOf, nearMisses } from '@kaito-sdk/core';
import { parseAllDocuments } from 'yaml';
import { QuickstartFailure } from './failure.js';

/** The objects of a manifest, in order, and the one Workspace among them that is waited for. */
export interface Manifest {
  readonly objects: readonly KubeObject[];
  readonly workspace: KubeObject;
}

/** Reads a manifest as kubectl would, and says what is wrong with one that is of no use here. */
export async function readManifest(file: string): Promise<Manifest> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new QuickstartFailure(`cannot read the manifest ${file}: ${error.message}`);
  });
  const objects = parseAllDocuments(text)
    .filter((document) => document.contents !== null || document.errors.length > 0)
    .map((document, i) => {
      const [error] = document.errors;
      if (error) throw new QuickstartFailure(`${file} is not YAML: ${error.message}`);
      return readObject(document.toJS(), `${file}, document ${i + 1}`);
    });
  const workspaces = objects.filter((object) => isWorkspace(object));
  const [workspace] = workspaces;
  if (!workspace || workspaces.length > 1) {
    throw new QuickstartFailure(`${file} holds ${workspaces.length} Workspaces; give a manifest with one`);
  }
  return { objects, workspace };
}

function readObject(value: unknown, where: string): KubeObject {
  const object = value as KubeObject | null;
  if (typeof object?.apiVersion !== 'string' || typeof object.kind !== 'string') {
    throw new QuickstartFailure(`${where} is no Kubernetes object: apiVersion and kind are needed`);
  }
  if (typeof object.metadata?.name !== 'string')
    throw new QuickstartFailure(`${where} (${object.kind}) has no metadata.name`);
  try {
    if (!kindOf(object).namespaced) return object;
  } catch (error) {
    if (!KaitoError.is(error) || error.code !== 'KIND_UNKNOWN') throw error;
    const { apiVersion, kind } = object;
    const meant = nearMisses(kind, ['Workspace']).length > 0 ? '; did you mean Workspace?' : ': leave it out';
    throw new QuickstartFailure(`${where}: there is no ${kind} of ${apiVersion} in this cluster${meant}`);
  }
  return { ...object, metadata: { ...object.metadata, namespace: object.metadata.namespace ?? 'default' } };
}
