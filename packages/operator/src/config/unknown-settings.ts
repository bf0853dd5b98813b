import { type JsonSchema, unknownFields } from '@kaito-sdk/core';

/** Every key that the schema does not have, as a sentence with its path and what there is instead. */
export function unknownSettings(schema: JsonSchema, value: unknown): readonly string[] {
  return unknownFields(schema, value).map(
    ({ field, known }) => `${field} is not a setting; there are ${known.join(', ')}`,
  );
}
