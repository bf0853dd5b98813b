import { gunzipSync, gzipSync } from 'node:zlib';
import { catalogue, type KubeClient, type KubeObject, SECRETS } from '@kaito-sdk/core';
import { parseDocument } from 'yaml';
import { ofKind, type Step, update } from './change.js';

/** What Helm calls a release: the objects of one installation of a chart. */
export interface HelmRelease {
  readonly name: string;
  readonly namespace: string;
}

export const helmErrors = catalogue({
  HELM_RELEASE_UNREADABLE: (secret: string, why: string) =>
    `the Secret ${secret} does not hold a release as Helm 3 and 4 store it: ${why}. Without it, what helm uninstall would delete is not known, so nothing was changed`,
});

const NAME = 'meta.helm.sh/release-name';
const NAMESPACE = 'meta.helm.sh/release-namespace';
const POLICY = 'helm.sh/resource-policy';

/** Whose an object is, as Helm writes it on everything that it installs. */
export function releaseOf({ metadata: { annotations = {} } }: KubeObject): HelmRelease | undefined {
  const { [NAME]: name, [NAMESPACE]: namespace } = annotations;
  return name === undefined || namespace === undefined ? undefined : { name, namespace };
}

/** What makes an object one of a release, so that `helm install` of it takes it instead of refusing. */
export function belongingTo({ name, namespace }: HelmRelease): {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
} {
  return { labels: { 'app.kubernetes.io/managed-by': 'Helm' }, annotations: { [NAME]: name, [NAMESPACE]: namespace } };
}

/** The annotation by which Helm leaves an object behind. */
export const KEEP = { [POLICY]: 'keep' } as const;

/** The Secrets in which Helm stores a release: one for each revision. */
export async function revisionsOf(
  client: KubeClient,
  { name, namespace }: HelmRelease,
): Promise<readonly KubeObject[]> {
  const labelSelector = `owner=helm,name=${name}`;
  const { items } = await client.list(SECRETS, { namespace, labelSelector });
  return items.map((item) => ofKind(SECRETS, item));
}

/**
 * Makes Helm leave the release's CustomResourceDefinitions behind. `helm uninstall` asks the manifest that is stored with the release, and never
 * the object in the cluster (`filterManifestsToKeep`, Helm 4.3.1): an annotation on the object alone protects nothing.
 */
export function protectInRelease(secret: KubeObject): Step | undefined {
  const { namespace, name } = secret.metadata;
  const where = `${namespace}/${name}`;
  const { release } = (secret.data ?? {}) as { readonly release?: string };
  if (release === undefined) throw helmErrors.HELM_RELEASE_UNREADABLE(where, 'it has no key release');
  const stored = decode(where, release);
  const { manifest, definitions } = keepDefinitions(stored.manifest);
  if (definitions.length === 0) return undefined;
  const why = `helm uninstall reads here what it deletes: with ${definitions.join(', ')} it would delete everything of those kinds`;
  const step = update(secret, { data: { release: encode({ ...stored, manifest }) } }, why);
  const fields = definitions.map((definition) => ({
    field: `release.manifest ${definition} metadata.annotations.${POLICY}`,
    to: 'keep',
  }));
  return { ...step, fields };
}

/** Writes the annotation into each CustomResourceDefinition of a manifest that lacks it, and leaves every other letter alone. */
export function keepDefinitions(manifest: string): {
  readonly manifest: string;
  readonly definitions: readonly string[];
} {
  const definitions: string[] = [];
  // As Helm divides it (`releaseutil.SplitManifests`); the dividers are kept.
  const parts = manifest.split(/((?:^|\s*\n)---\s*)/).map((part) => {
    if (!/^kind:\s*["']?CustomResourceDefinition/m.test(part)) return part;
    const document = parseDocument(part);
    if (document.errors.length > 0 || document.get('kind') !== 'CustomResourceDefinition') return part;
    if (document.getIn(['metadata', 'annotations', POLICY]) === 'keep') return part;
    document.setIn(['metadata', 'annotations', POLICY], 'keep');
    definitions.push(String(document.getIn(['metadata', 'name'])));
    return document.toString({ lineWidth: 0 }).trimEnd();
  });
  return { manifest: parts.join(''), definitions };
}

interface StoredRelease {
  readonly manifest: string;
}

/** base64 of the Secret, base64 of Helm, gzip, JSON. Numbers come back as they stood: a chart's values may hold any. */
function decode(where: string, release: string): StoredRelease {
  try {
    const inner = Buffer.from(Buffer.from(release, 'base64').toString('latin1'), 'base64');
    const text = (inner.subarray(0, 2).equals(GZIP) ? gunzipSync(inner) : inner).toString('utf8');
    const stored = parseExactly(text) as Partial<StoredRelease>;
    if (typeof stored.manifest !== 'string') throw new Error('it has no manifest');
    return stored as StoredRelease;
  } catch (error) {
    throw helmErrors.HELM_RELEASE_UNREADABLE(where, error instanceof Error ? error.message : String(error));
  }
}

function encode(release: StoredRelease): string {
  const inner = gzipSync(Buffer.from(JSON.stringify(release), 'utf8'), { level: 9 }).toString('base64');
  return Buffer.from(inner, 'latin1').toString('base64');
}

const GZIP = Buffer.from([0x1f, 0x8b]);

/** JSON with the spelling of every number kept, which is more than TypeScript's library knows of. */
function parseExactly(text: string): unknown {
  const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
  const parse = JSON.parse as (
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source: string }) => unknown,
  ) => unknown;
  return parse(text, (_key, value, { source }) => (typeof value === 'number' ? rawJSON(source) : value));
}
