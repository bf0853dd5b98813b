import type { AdapterFetch, Workspace } from '@kaito-sdk/core';
import type { AdapterOptions } from './adapter-options.js';

/**
 * Who fetches an adapter's image: the first that was not refused. Our loader first: it takes pull secrets, public images and
 * identities of the cloud, and runs nothing of the image. A pull inside the pod has none of the kubelet's credentials, though, so
 * where the registry turned it away the kubelet is asked: for a volume where the cluster has such, else for a container of the image
 * that copies its own files. What was refused stands in the status, so that the next pass, of this process or another, goes on there.
 */
export function chooseFetch(
  {
    name,
    image,
    pullSecrets,
  }: { readonly name: string; readonly image: string; readonly pullSecrets: readonly string[] },
  workspace: Workspace,
  { imageVolumes = false }: AdapterOptions,
): AdapterFetch {
  const secrets = JSON.stringify(pullSecrets);
  const known = workspace.status?.adapters?.find(
    (one) => one.name === name && one.image === image && JSON.stringify(one.pullSecrets ?? []) === secrets,
  );
  const refused = new Set(known?.refused ?? []);
  const ways: readonly AdapterFetch[] = ['loader', ...(imageVolumes ? (['image-volume'] as const) : []), 'image-shell'];
  // The last one stays, so that its own failure is what the status tells.
  return ways.find((way) => !refused.has(way)) ?? 'image-shell';
}
