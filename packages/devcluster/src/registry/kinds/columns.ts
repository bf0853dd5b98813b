import type { KubeObject } from '../../objects.js';
import { asObject, at } from '../../store/json.js';
import type { Column } from '../resource.js';
import { ageOf } from './age.js';

/** `NAME`, first in every table. */
export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name must be unique within a namespace.',
  cell: (object) => object.metadata.name,
};

/** `AGE`, how long ago the object was made. */
export const ageColumn: Column = {
  name: 'Age',
  type: 'string',
  description: 'Time since the object was created.',
  cell: (object, now) => ageOf(object.metadata.creationTimestamp, now),
};

/** A column of text computed from the object. */
export function text(name: string, cell: (object: KubeObject, now: number) => unknown, priority = 0): Column {
  return { name, type: 'string', priority, cell };
}

/** A column that counts. */
export function integer(name: string, cell: (object: KubeObject) => unknown, priority = 0): Column {
  return { name, type: 'integer', priority, cell: (object) => cell(object) ?? 0 };
}

/** A count that the real server declares as text. */
export function count(name: string, cell: (object: KubeObject) => unknown): Column {
  return { name, type: 'string', cell: (object) => cell(object) ?? 0 };
}

/** A yes or no. */
export function flagColumn(name: string, cell: (object: KubeObject) => boolean): Column {
  return { name, type: 'boolean', cell };
}

/** `CREATED AT`, which some kinds have instead of an age. */
export const createdAtColumn: Column = {
  name: 'Created At',
  type: 'date',
  cell: (object) => object.metadata.creationTimestamp,
};

/** The value under a path, as it is. */
export function path(...keys: readonly (string | number)[]): (object: KubeObject) => unknown {
  return (object) => at(object, ...keys);
}

/** Columns of kinds that have none of their own. */
export const plainColumns: readonly Column[] = [nameColumn, ageColumn];

/** `a=1,b=2`, or `<none>`. */
export function pairs(value: unknown): string {
  const entries = Object.entries(asObject(value));
  return entries.length === 0
    ? '<none>'
    : entries
        .map(([key, each]) => `${key}=${each}`)
        .sort()
        .join(',');
}

/** Names and images of a template's containers: the two wide columns that workloads share. */
export function containerColumns(...template: readonly string[]): Column[] {
  const list = (object: KubeObject): unknown[] => {
    const found = at(object, ...template, 'spec', 'containers');
    return Array.isArray(found) ? found : [];
  };
  const joined = (key: string) => (object: KubeObject) =>
    list(object)
      .map((each) => asObject(each)[key])
      .join(',');
  return [text('Containers', joined('name'), 1), text('Images', joined('image'), 1)];
}
