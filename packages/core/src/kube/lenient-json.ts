/**
 * Readers for live objects: what a server sends is not a type, and a missing field must read as missing and never throw.
 *
 * ```ts
 * const phase = jsonString(jsonObject(pod.status).phase); // undefined where there is none
 * ```
 */
export type JsonObject = Readonly<Record<string, unknown>>;

/** An object with whatever fields it has; one without any for everything else, lists included. */
export function jsonObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

/** The items of a list, each read as an object; none for everything else. */
export function jsonList(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.map(jsonObject) : [];
}

/** A text that is not empty. */
export function jsonString(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A finite number; 0 for everything else. */
export function jsonNumber(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
