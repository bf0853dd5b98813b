/**
 * Freezes a tree of plain JSON in place, so that no reader of a shared copy can change it for the others. A frozen root is
 * taken as a frozen tree, which makes freezing twice free.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) freezeTree(value);
  return value;
}

function freezeTree(value: object): void {
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object' && item !== null) freezeTree(item);
  } else {
    const record = value as Record<string, unknown>;
    for (const key in record) {
      const item = record[key];
      if (typeof item === 'object' && item !== null) freezeTree(item);
    }
  }
  Object.freeze(value);
}
