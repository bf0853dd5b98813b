import { builtinSchema } from '../../schema/builtin-schemas.js';
import type { FieldReader } from '../field-selector.js';
import type { Column, Resource, Strategy } from '../resource.js';

/** What a built-in kind's table entry has to say; the rest is the same for most. */
export interface Definition {
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly plural?: string;
  readonly namespaced?: boolean;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  /** Name of the type in the table of built-in types. */
  readonly type: string;
  readonly status?: boolean;
  readonly scale?: Resource['scale'];
  readonly strategy?: Strategy;
  readonly selectable?: Readonly<Record<string, FieldReader>>;
  readonly columns?: readonly Column[];
  readonly returnsDeleted?: boolean;
  readonly subresources?: Resource['subresources'];
  readonly collection?: string;
  readonly decode?: Resource['decode'];
  readonly encode?: Resource['encode'];
  readonly verbs?: readonly string[];
}

const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** A table entry as a full resource. */
export function define(definition: Definition): Resource {
  const { group = '', version = 'v1', kind } = definition;
  const singular = kind.toLowerCase();
  const plural = definition.plural ?? pluralOf(singular);
  return {
    group,
    version,
    plural,
    singular,
    kind,
    listKind: `${kind}List`,
    namespaced: definition.namespaced ?? true,
    shortNames: definition.shortNames ?? [],
    categories: definition.categories ?? [],
    verbs: definition.verbs ?? allVerbs,
    collection: definition.collection ?? `${group}/${plural}`,
    custom: false,
    status: definition.status ?? false,
    ...(definition.scale === undefined ? {} : { scale: definition.scale }),
    get schema() {
      return builtinSchema(definition.type);
    },
    strategy: definition.strategy ?? {},
    selectable: definition.selectable ?? {},
    columns: definition.columns ?? [],
    ...(definition.decode === undefined ? {} : { decode: definition.decode }),
    ...(definition.encode === undefined ? {} : { encode: definition.encode }),
    returnsDeleted: definition.returnsDeleted ?? false,
    subresources: definition.subresources ?? [],
  };
}

function pluralOf(singular: string): string {
  if (singular.endsWith('s')) return `${singular}es`;
  if (singular.endsWith('y')) return `${singular.slice(0, -1)}ies`;
  return `${singular}s`;
}
