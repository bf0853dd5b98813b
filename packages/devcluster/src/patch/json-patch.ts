import { ApiError } from '../http/api-error.js';
import { copyJson, isObject, sameJson } from '../store/json.js';

const mostOperations = 10_000;

/** Applies a JSON patch, RFC 6902, to a copy. A patch that cannot be read is a 400; one that does not fit the object a 422. */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw ApiError.badRequest('error decoding patch: a JSON patch is a list of operations');
  if (patch.length > mostOperations) {
    throw ApiError.tooLarge(`The allowed maximum operations in a JSON patch is ${mostOperations}, got ${patch.length}`);
  }
  let document = copyJson(target);
  for (const each of patch) {
    if (!isObject(each) || typeof each.op !== 'string' || typeof each.path !== 'string') {
      throw ApiError.badRequest('error decoding patch: each operation needs op and path');
    }
    document = operate(document, each.op, each.path, each);
  }
  return document;
}

function operate(document: unknown, op: string, path: string, operation: Record<string, unknown>): unknown {
  switch (op) {
    case 'add':
      return put(document, path, copyJson(required(operation, 'value')), true);
    case 'replace':
      read(document, path);
      return put(document, path, copyJson(required(operation, 'value')), false);
    case 'remove':
      return remove(document, path);
    case 'test':
      if (!sameJson(readOrUndefined(document, path) ?? null, operation.value ?? null)) throw rejected();
      return document;
    case 'move': {
      const from = String(required(operation, 'from'));
      const value = read(document, from);
      return put(remove(document, from), path, value, true);
    }
    case 'copy':
      return put(document, path, copyJson(read(document, String(required(operation, 'from')))), true);
    default:
      throw ApiError.badRequest(`error decoding patch: unknown operation ${JSON.stringify(op)}`);
  }
}

function required(operation: Record<string, unknown>, key: string): unknown {
  if (!(key in operation)) throw rejected();
  return operation[key];
}

function rejected(): ApiError {
  return new ApiError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'the server rejected our request due to an error in our request',
    reason: 'Invalid',
    details: {},
    code: 422,
  });
}

function keys(path: string): string[] {
  if (path === '') return [];
  if (!path.startsWith('/')) throw rejected();
  return path
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function step(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return /^\d+$/.test(key) ? value[Number(key)] : undefined;
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function readOrUndefined(document: unknown, path: string): unknown {
  return keys(path).reduce<unknown>((value, key) => step(value, key), document);
}

function read(document: unknown, path: string): unknown {
  const value = readOrUndefined(document, path);
  if (value === undefined) throw rejected();
  return value;
}

function parentOf(document: unknown, path: string): { parent: unknown; key: string } {
  const all = keys(path);
  const key = all.pop();
  if (key === undefined) throw rejected();
  return { parent: all.reduce<unknown>((value, each) => step(value, each), document), key };
}

function put(document: unknown, path: string, value: unknown, insert: boolean): unknown {
  if (path === '') return value;
  const { parent, key } = parentOf(document, path);
  if (Array.isArray(parent)) {
    const index = key === '-' ? parent.length : Number(key);
    if (!Number.isInteger(index) || index < 0 || index > parent.length) throw rejected();
    if (insert) parent.splice(index, 0, value);
    else parent[index] = value;
  } else if (isObject(parent)) {
    if (key === '__proto__') throw rejected();
    parent[key] = value;
  } else throw rejected();
  return document;
}

function remove(document: unknown, path: string): unknown {
  const { parent, key } = parentOf(document, path);
  if (step(parent, key) === undefined) throw rejected();
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else if (isObject(parent)) delete parent[key];
  return document;
}
