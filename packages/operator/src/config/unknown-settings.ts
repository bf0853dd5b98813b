import { type JsonSchema, nearMisses, unknownFields } from '@kaito-sdk/core';

/** Every key that the schema does not have, as a sentence with its path and what was meant; where nothing is near, what there is, once a place. */
export function unknownSettings(schema: JsonSchema, value: unknown): readonly string[] {
  const listed = new Set<string>();
  return unknownFields(schema, value).map(({ field, known }) => {
    const parent = field.slice(0, field.lastIndexOf('.') + 1);
    const [near] = nearMisses(field.slice(parent.length), known, 1);
    if (near !== undefined) return `${field} is not a setting; did you mean ${parent}${near}?`;
    const first = !listed.has(parent);
    listed.add(parent);
    return `${field} is not a setting${first ? `; there are ${known.join(', ')}` : ''}`;
  });
}
