import { copyJson, isObject, type JsonObject } from '../store/json.js';

/** JSON merge patch, RFC 7386: null takes a key away, objects merge, everything else replaces. Neither argument is changed. */
export function mergePatch(target: unknown, patch: unknown): JsonObject | unknown[] | string | number | boolean | null {
  if (!isObject(patch)) return copyJson(patch) as ReturnType<typeof mergePatch>;
  const out: JsonObject = isObject(target) ? { ...target } : {};
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === null) delete out[key];
    else out[key] = isObject(value) ? mergePatch(out[key], value) : copyJson(value);
  }
  return out;
}
