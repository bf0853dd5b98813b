import { once, type Request, type Response } from '../http/exchange.js';

const PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/**
 * The OpenAPI v2 document, without a definition in it: all are in v3. kubectl asks for it when a manifest is of a kind that v3 does not have, a
 * misspelt one, passes over what it does not find here, and then says that there is no such kind; without an answer it blames the server.
 */
export function openApiV2({ headers }: Request, version: string): Response {
  const info = { title: 'Kubernetes', version };
  if (headers.accept?.includes('protobuf'))
    return { status: 200, headers: { 'content-type': PROTOBUF }, body: once(document(info)) };
  const text = JSON.stringify({ swagger: '2.0', info, paths: {}, definitions: {} });
  return { status: 200, headers: { 'content-type': 'application/json' }, body: once(text) };
}

/** `openapi.v2.Document` of gnostic: 1 is swagger, 2 is info with 1 title and 2 version. */
function document({ title, version }: { readonly title: string; readonly version: string }): Buffer {
  return Buffer.concat([field(1, '2.0'), field(2, field(1, title), field(2, version))]);
}

/** A field of wire type 2 whose content is shorter than 128 bytes. */
function field(number: number, ...content: readonly (string | Buffer)[]): Buffer {
  const bytes = Buffer.concat(content.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
}
