import { configErrors } from '@kaito-sdk/core';

/** What is wrong with one entry of the configuration, each field with where it stands. */
export function viewErrors(View: new () => object, value: unknown, where: string): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [`${where} must be a map of settings`];
  return configErrors(Object.assign(new View(), value)).map((error) => `${where}.${error}`);
}
