import { type FieldError, nearMisses, schemaOf, unknownFields, Workspace } from '@kaito-sdk/core';

/**
 * What is written in a manifest and is no field of a Workspace. kubectl has the server refuse such fields; without a server nobody would, and a
 * misspelt field would look as if it had been heard. The status is not looked at: it is nobody's to write, and KAITO's has other fields.
 */
export function unknownWorkspaceFields(manifest: Workspace): readonly FieldError[] {
  const { status: _, ...written } = manifest;
  return unknownFields(schemaOf(Workspace), written).map(({ field, known }) => {
    const parent = field.slice(0, Math.max(field.lastIndexOf('.'), 0));
    const near = nearMisses(field.slice(parent.length), known, 1).map(
      (name) => `did you mean ${parent === '' ? name : `${parent}.${name}`}?`,
    );
    const [hint = `there are ${known.filter((name) => !ENVELOPE.has(name)).join(', ')}`] = near;
    const message =
      field === 'spec'
        ? 'is no field of a Workspace: what is in it stands at the top level, as resource, inference and tuning'
        : `is no field of a Workspace: ${hint}`;
    return { field, reason: 'Invalid', message };
  });
}

const ENVELOPE: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata', 'status']);
