import type { ClusterClient } from '../client.js';
import { kinds, type Pod } from '../kinds.js';

/**
 * Tells when a ConfigMap or Secret that a pod mounts has changed since it was mounted. A real kubelet looks again about once a minute; here the
 * files follow at once.
 *
 * @returns ends it
 */
export function watchMounted(client: ClusterClient, pod: Pod, changed: () => void): () => void {
  const { namespace = 'default' } = pod.metadata;
  const stops = mounted(pod).map(({ kind, name }) => {
    const known = new Map<string, string | undefined>();
    return client.watch(kind, { namespace, fieldSelector: `metadata.name=${name}` }, ({ type, object }) => {
      const { uid = '', resourceVersion } = object.metadata;
      // What is there at the beginning has been mounted; what is gone stays as it lies, as it does in a real pod.
      const news = known.has(uid) && known.get(uid) !== resourceVersion && type !== 'DELETED';
      const another = !known.has(uid) && known.size > 0;
      known.set(uid, resourceVersion);
      if (news || another) changed();
    });
  });
  return () => {
    for (const stop of stops) stop();
  };
}

function mounted({ spec }: Pod) {
  const found = new Map<
    string,
    { readonly kind: typeof kinds.configMaps | typeof kinds.secrets; readonly name: string }
  >();
  const add = (kind: typeof kinds.configMaps | typeof kinds.secrets, name: string | undefined) => {
    if (name) found.set(`${kind.plural}/${name}`, { kind, name });
  };
  for (const { configMap, secret, projected } of spec.volumes ?? []) {
    add(kinds.configMaps, configMap?.name);
    add(kinds.secrets, secret?.secretName);
    for (const source of projected?.sources ?? []) {
      add(kinds.configMaps, source.configMap?.name);
      add(kinds.secrets, source.secret?.name);
    }
  }
  return [...found.values()];
}
