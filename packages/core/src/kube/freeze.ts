import type { SharedText } from './shared-text.js';

/**
 * Freezes a tree of plain JSON in place, so that no reader of a shared copy can change it for the others. A frozen root is
 * taken as a frozen tree, which makes freezing twice free. With `texts`, strings become the copies that it keeps.
 *
 * Without recursion: a server stores objects up to 10,000 levels deep, which no call stack here can follow, and one such object must not
 * keep the whole list of its kind out of the cache.
 */
export function deepFreeze<T>(value: T, texts?: SharedText): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  const open: object[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const shared = Object.isFrozen(next) ? undefined : texts;
    if (Array.isArray(next)) {
      for (let at = 0; at < next.length; at++) {
        const item = next[at];
        if (typeof item === 'object' && item !== null) open.push(item);
        else if (shared?.shares(item)) next[at] = shared.of(item);
      }
    } else {
      const record = next as Record<string, unknown>;
      for (const key in record) {
        const item = record[key];
        if (typeof item === 'object' && item !== null) open.push(item);
        else if (shared?.shares(item)) record[key] = shared.of(item);
      }
    }
    Object.freeze(next);
  }
  return value;
}
