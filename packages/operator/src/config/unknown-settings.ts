import type { JsonSchema } from '@kaito-sdk/core';

/** Every key that the schema does not have, as a sentence with its path and what there is instead. */
export function unknownSettings(schema: JsonSchema, value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? [] : value.flatMap((item, at) => unknownSettings(items, item, `${path}[${at}]`));
  }
  const { properties } = schema;
  if (typeof value !== 'object' || value === null || properties === undefined) return [];
  return Object.entries(value).flatMap(([key, part]) => {
    const at = path === '' ? key : `${path}.${key}`;
    const known = properties[key];
    if (known !== undefined) return unknownSettings(known, part, at);
    return [`${at} is not a setting; there are ${Object.keys(properties).join(', ')}`];
  });
}
