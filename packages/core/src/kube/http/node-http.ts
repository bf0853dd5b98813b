/**
 * `node:http`, asked for when it is needed and not imported: to list the exports of an import, Node runs getters that load
 * undici, which costs every operator 12 MB and 30 ms of CPU at its start (measured on Node 24.21).
 */
export function nodeHttp(): typeof import('node:http') {
  return process.getBuiltinModule('node:http');
}
