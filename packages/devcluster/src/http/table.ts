import type { KubeObject } from '../objects.js';
import { plainColumns } from '../registry/kinds/columns.js';
import type { Column, Resource } from '../registry/resource.js';

/** What of each object goes into a row: the `includeObject` parameter. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** Turns objects into rows and their metadata into PartialObjectMetadata, for one resource at one moment. */
export class TableMaker {
  readonly #columns: readonly Column[];

  constructor(
    readonly resource: Resource,
    readonly version: string,
    readonly include: IncludeObject,
    readonly now: () => number,
  ) {
    this.#columns = resource.columns.length > 0 ? resource.columns : plainColumns;
  }

  /** A Table of these objects. `withColumns` is false for all but the first event of a watch. */
  table(objects: readonly KubeObject[], listMeta: object, withColumns = true): object {
    const now = this.now();
    return {
      kind: 'Table',
      apiVersion: `meta.k8s.io/${this.version}`,
      metadata: listMeta,
      columnDefinitions: withColumns
        ? this.#columns.map(({ name, type, format = '', description = '', priority = 0 }) => ({
            name,
            type,
            format,
            description,
            priority,
          }))
        : null,
      rows: objects.map((object) => ({
        cells: this.#columns.map((column) => column.cell(object, now) ?? null),
        ...(this.include === 'None'
          ? {}
          : { object: this.include === 'Object' ? object : partialMetadata(object, this.version) }),
      })),
    };
  }
}

/** Only the metadata of an object, as metadata-only clients want it. */
export function partialMetadata(object: KubeObject, version = 'v1'): object {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata };
}
