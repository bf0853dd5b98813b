import { parseQuantity } from '../controllers/quantity.js';
import type { Container, NodeObject, Pod } from '../kinds.js';

/** What a downward-API reference may ask about. */
export interface DownwardSource {
  readonly pod: Pod;
  readonly podIP: string;
  readonly node: NodeObject | undefined;
}

/** The value of `fieldRef.fieldPath`. @throws for a path that the API does not offer. */
export function fieldValue(path: string, { pod, podIP, node }: DownwardSource): string {
  const { metadata, spec } = pod;
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed !== null) return metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2] ?? ''] ?? '';
  switch (path) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace ?? 'default';
    case 'metadata.uid':
      return metadata.uid ?? '';
    case 'metadata.labels':
      return listing(metadata.labels);
    case 'metadata.annotations':
      return listing(metadata.annotations);
    case 'spec.nodeName':
      return spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? 'default';
    case 'status.podIP':
    case 'status.podIPs':
      return podIP;
    case 'status.hostIP':
    case 'status.hostIPs':
      return hostIP(node);
    default:
      throw new Error(`unsupported fieldPath: ${path}`);
  }
}

/** The value of `resourceFieldRef`: rounded up to whole divisors; an absent limit is what the node has. */
export function resourceValue(
  ref: { readonly containerName?: string; readonly resource: string; readonly divisor?: string },
  own: Container | undefined,
  { pod, node }: DownwardSource,
): string {
  const container =
    ref.containerName === undefined ? own : pod.spec.containers.find(({ name }) => name === ref.containerName);
  const [kind, ...rest] = ref.resource.split('.');
  const resource = rest.join('.');
  const stated = container?.resources?.[kind as 'requests' | 'limits']?.[resource];
  const amount = stated ?? (kind === 'limits' ? node?.status?.allocatable?.[resource] : undefined) ?? 0;
  const divisor = parseQuantity(ref.divisor === undefined || ref.divisor === '0' ? 1 : ref.divisor);
  return String(Math.ceil(parseQuantity(amount) / divisor));
}

/** The address of the node, for `status.hostIP`. */
export function hostIP(node: NodeObject | undefined): string {
  const { addresses } = (node?.status ?? {}) as { addresses?: readonly { type: string; address: string }[] };
  return addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '127.0.0.1';
}

function listing(entries: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(entries ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}
