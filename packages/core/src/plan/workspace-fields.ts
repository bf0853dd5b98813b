/** An object of unknown origin, or nothing where something else stands. */
export function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** A string that says something, or nothing. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** The parts of a Workspace that have fields of their own; everything else counts as one field, whatever is in it. */
const PARTS: ReadonlySet<string> = new Set([
  'resource',
  'resource.labelSelector',
  'inference',
  'inference.preset',
  'inference.preset.presetOptions',
  'tuning',
  'tuning.preset',
  'tuning.preset.presetOptions',
]);

/** Fields that say what the object is, and not what is wanted. */
const ENVELOPE: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata', 'status']);

/**
 * Every field of a Workspace that is set to something, as a dotted path, in alphabetical order. Fields that no version of the API
 * knows are in it too: somebody wrote them and expects them to matter.
 */
export function setFields(workspace: unknown): readonly string[] {
  const found: string[] = [];
  const walk = (value: unknown, path: string): void => {
    const parts = PARTS.has(path) || path === '' ? record(value) : undefined;
    if (!parts) {
      if (isSet(value)) found.push(path);
      return;
    }
    for (const [name, inner] of Object.entries(parts)) {
      if (path !== '' || !ENVELOPE.has(name)) walk(inner, path === '' ? name : `${path}.${name}`);
    }
  };
  walk(workspace, '');
  return found.sort();
}

/** An empty string, list or object asks for nothing: tools write them out for fields that nobody filled in. */
function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false) return false;
  if (Array.isArray(value)) return value.length > 0;
  const object = record(value);
  return object === undefined || Object.keys(object).length > 0;
}
