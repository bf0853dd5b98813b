import { ApiError } from './api-error.js';

/** The form a client wants an answer in. */
export type Form =
  | { readonly kind: 'object' }
  | { readonly kind: 'table'; readonly version: string }
  | { readonly kind: 'partial'; readonly version: string };

interface Clause {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Reads an Accept header into its clauses, in order. */
export function acceptClauses(accept: string | undefined): Clause[] {
  return (accept === undefined || accept.trim() === '' ? '*/*' : accept).split(',').map((text) => {
    const [type = '', ...rest] = text.split(';').map((part) => part.trim());
    const parameters = Object.fromEntries(rest.map((part) => part.split('=', 2) as [string, string]));
    return { type: type.toLowerCase(), parameters };
  });
}

const jsonLike = new Set(['application/json', 'application/*', '*/*']);

/**
 * The first clause this server can serve. Protobuf is passed over, since every client that asks for it names JSON next. Nothing servable
 * is a 406.
 */
export function negotiate(accept: string | undefined): Form {
  for (const { type, parameters } of acceptClauses(accept)) {
    if (!jsonLike.has(type)) continue;
    const { as, g, v = 'v1' } = parameters;
    if (as === undefined) return { kind: 'object' };
    if (g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1')) continue;
    if (as === 'Table') return { kind: 'table', version: v };
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return { kind: 'partial', version: v };
  }
  throw ApiError.notAcceptable(
    'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  );
}
