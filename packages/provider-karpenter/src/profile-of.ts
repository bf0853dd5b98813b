import { KaitoError } from '@kaito-sdk/core';
import { type NodeClassProfile, profiles } from './profile.js';

/** What a configuration may say otherwise than the profile. */
export interface ProfileOverrides {
  readonly group?: string;
  readonly kind?: string;
  readonly name?: string;
  /** Version and plural of the class, to look it up; needed with a group of your own, else it is not looked up. */
  readonly version?: string;
  readonly plural?: string;
  readonly nodePool?: string;
}

const KNOWN: ReadonlySet<string> = new Set(['group', 'kind', 'name', 'version', 'plural', 'nodePool']);

/**
 * The profile of that name, with what the configuration says otherwise.
 * @throws KaitoError for a profile or a key that does not exist, and for a value that is no text
 */
export function profileOf(name: string, overrides: ProfileOverrides = {}, imageFamily = 'ubuntu'): NodeClassProfile {
  const base = profiles[name];
  if (!base)
    throw new KaitoError('PROFILE_UNKNOWN', `there is no profile "${name}": ${Object.keys(profiles).join(', ')}`);
  for (const [key, value] of Object.entries(overrides)) {
    if (KNOWN.has(key) && typeof value === 'string' && value !== '') continue;
    const message = `nodeClass.${key} must be a text and one of ${[...KNOWN].join(', ')}`;
    throw new KaitoError('NODE_CLASS_INVALID', message);
  }
  const { group, kind, name: className, version, plural, nodePool } = overrides;
  const nodeClassRef = {
    group: group ?? base.nodeClassRef.group,
    kind: kind ?? base.nodeClassRef.kind,
    name: className ?? base.nodeClassRef.name,
  };
  const foreign = group !== undefined && group !== base.nodeClassRef.group;
  const { nodeClassResource, requirements, ...rest } = base;
  const resource = version && plural ? { version, plural } : foreign ? undefined : nodeClassResource;
  const image: Readonly<Record<string, string>> =
    'kaito.sh/node-image-family' in base.annotations ? { 'kaito.sh/node-image-family': imageFamily } : {};
  return {
    ...rest,
    nodeClassRef,
    annotations: { ...base.annotations, ...image },
    nodePool: nodePool ?? base.nodePool,
    ...(resource === undefined ? {} : { nodeClassResource: resource }),
    // Keys of another provider would be refused or would find no machine.
    ...(requirements === undefined || foreign ? {} : { requirements }),
  };
}
