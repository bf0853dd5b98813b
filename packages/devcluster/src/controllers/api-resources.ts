import type { Kind } from '../kinds.js';
import type { ApiTransport } from '../transport.js';

/** One resource that the API server serves, as its discovery tells. */
export interface ServedResource extends Kind {
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/** Everything that can be listed, watched and deleted, once each, in the version that its group prefers. */
export async function discoverResources(transport: ApiTransport): Promise<ServedResource[]> {
  const groups = (await getJson(transport, '/apis')) as GroupList | undefined;
  const paths = [{ group: '', version: 'v1', path: '/api/v1' }];
  for (const { name, preferredVersion, versions } of groups?.groups ?? []) {
    // A resource may be served in an old version of its group only.
    const ordered = [preferredVersion, ...versions.filter(({ version }) => version !== preferredVersion.version)];
    for (const { version } of ordered) paths.push({ group: name, version, path: `/apis/${name}/${version}` });
  }
  const found = new Map<string, ServedResource>();
  for (const { group, version, path } of paths) {
    const list = (await getJson(transport, path)) as ResourceList | undefined;
    for (const { name, kind, namespaced, verbs } of list?.resources ?? []) {
      const key = `${group}/${name}`;
      const works = ['list', 'watch', 'delete'].every((verb) => verbs.includes(verb));
      if (!name.includes('/') && works && !found.has(key))
        found.set(key, { group, version, plural: name, kind, namespaced, verbs });
    }
  }
  return [...found.values()];
}

interface GroupList {
  readonly groups: readonly {
    readonly name: string;
    readonly preferredVersion: { readonly version: string };
    readonly versions: readonly { readonly version: string }[];
  }[];
}
interface ResourceList {
  readonly resources: readonly {
    readonly name: string;
    readonly kind: string;
    readonly namespaced: boolean;
    readonly verbs: readonly string[];
  }[];
}

async function getJson(transport: ApiTransport, path: string): Promise<unknown> {
  const response = await transport.request({ method: 'GET', path, headers: { accept: 'application/json' } });
  let text = '';
  for await (const piece of response.body) text += piece;
  return response.status === 200 ? JSON.parse(text) : undefined;
}
