import type { SharedText } from './shared-text.js';

/**
 * Freezes a tree of plain JSON in place, so that no reader of a shared copy can change it for the others. A frozen root is
 * taken as a frozen tree, which makes freezing twice free. With `texts`, long strings become the copies that it keeps.
 */
export function deepFreeze<T>(value: T, texts?: SharedText): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) freezeTree(value, texts);
  return value;
}

function freezeTree(value: object, texts: SharedText | undefined): void {
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object' && item !== null) freezeTree(item, texts);
  } else {
    const record = value as Record<string, unknown>;
    for (const key in record) {
      const item = record[key];
      if (typeof item === 'object' && item !== null) freezeTree(item, texts);
      else if (texts?.shares(item) && !Object.isFrozen(value)) record[key] = texts.of(item);
    }
  }
  Object.freeze(value);
}
