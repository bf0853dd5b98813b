import { gunzipSync } from 'node:zlib';
import type { KubeObject } from '@kaito-sdk/core';
import { parseAllDocuments } from 'yaml';

/** A release as Helm keeps it in a Secret, as text. */
export function storedRelease({ data }: KubeObject): string {
  const { release = '' } = (data ?? {}) as { readonly release?: string };
  const inner = Buffer.from(Buffer.from(release, 'base64').toString('latin1'), 'base64');
  return gunzipSync(inner).toString('utf8');
}

/** The objects of the manifest that Helm keeps with a release. */
export function storedManifest(secret: KubeObject): readonly KubeObject[] {
  const { manifest } = JSON.parse(storedRelease(secret)) as { readonly manifest: string };
  return parseAllDocuments(manifest)
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null);
}
