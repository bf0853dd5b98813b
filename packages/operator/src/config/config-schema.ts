import { type JsonSchema, schemaOf } from '@kaito-sdk/core';
import { OperatorConfig } from './operator-config.js';

/** The configuration file as JSON Schema (2020-12), for editors and for checks in a pipeline. Plain JSON. */
export function configSchema(): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'https://kaito-sdk.dev/schemas/operator-config.json',
    title: 'Configuration of the Kaito operator',
    ...closed(schemaOf(OperatorConfig)),
  };
}

/** In the words of JSON Schema: bounds that are numbers of their own, and no key beyond those that are named. */
function closed(schema: JsonSchema): object {
  const { properties, items, exclusiveMinimum, exclusiveMaximum, minimum, maximum, ...rest } = schema;
  const plain = Object.fromEntries(Object.entries(rest).filter(([key]) => !key.startsWith('x-')));
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true;
  return {
    ...plain,
    ...(minimum === undefined ? {} : { [exclusiveMinimum === true ? 'exclusiveMinimum' : 'minimum']: minimum }),
    ...(maximum === undefined ? {} : { [exclusiveMaximum === true ? 'exclusiveMaximum' : 'maximum']: maximum }),
    ...(properties === undefined
      ? {}
      : { properties: Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, closed(part)])) }),
    ...(properties === undefined || open ? {} : { additionalProperties: false }),
    ...(items === undefined ? {} : { items: closed(items) }),
  };
}
