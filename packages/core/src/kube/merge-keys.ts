/** Lists that the server merges by these keys (the list-map keys of the Kubernetes API reference). */
const mergeKeys: Readonly<Record<string, readonly (readonly string[])[]>> = {
  containers: [['name']],
  env: [['name']],
  ephemeralContainers: [['name']],
  hostAliases: [['ip']],
  imagePullSecrets: [['name']],
  initContainers: [['name']],
  ownerReferences: [['uid']],
  ports: [
    ['containerPort', 'protocol'],
    ['port', 'protocol'],
  ],
  secrets: [['name']],
  topologySpreadConstraints: [['topologyKey', 'whenUnsatisfiable']],
  volumeDevices: [['devicePath']],
  volumeMounts: [['mountPath']],
  volumes: [['name']],
};

const keyDefaults: Readonly<Record<string, string>> = { protocol: 'TCP' };

/** The keys by which the server merges the list in `field`, if it is such a list and these items have them. */
export function keysOf(items: readonly unknown[], field: string): readonly string[] | undefined {
  return mergeKeys[field]?.find((names) =>
    items.every((item) => isMap(item) && names[0] !== undefined && names[0] in item),
  );
}

/** By which the server knows an item again. */
export function mergeKey(item: unknown, keys: readonly string[]): string {
  return keys.map((key) => String((isMap(item) ? item[key] : undefined) ?? keyDefaults[key] ?? '')).join('|');
}

/** Whether a list that the server merges by a key holds one key twice. An apply of it is refused; a create may be taken, with a warning. */
export function repeatsKeys(rendered: unknown, field = ''): boolean {
  if (!Array.isArray(rendered))
    return isMap(rendered) && Object.entries(rendered).some(([key, value]) => repeatsKeys(value, key));
  const keys = keysOf(rendered, field);
  if (keys !== undefined && new Set(rendered.map((item) => mergeKey(item, keys))).size < rendered.length) return true;
  return rendered.some((item) => repeatsKeys(item));
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
