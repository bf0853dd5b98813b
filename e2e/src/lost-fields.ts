import type { KubeObject } from '@kaito-sdk/core';

/** Paths of what was rendered and is not there any more, or is something else. Quantities and defaults are the server's business. */
export function lostFields(object: KubeObject, stored: KubeObject): string[] {
  const lost: string[] = [];
  const walk = (wanted: unknown, found: unknown, at: string): void => {
    if (Array.isArray(wanted)) {
      for (const [index, item] of wanted.entries())
        walk(item, (found as unknown[] | undefined)?.[index], `${at}[${index}]`);
    } else if (typeof wanted === 'object' && wanted !== null) {
      for (const [key, value] of Object.entries(wanted)) {
        walk(value, (found as Record<string, unknown> | undefined)?.[key], `${at}.${key}`);
      }
    } else if (wanted !== false && String(wanted) !== String(found)) {
      lost.push(`${at}: ${JSON.stringify(wanted)} became ${JSON.stringify(found)}`);
    }
  };
  walk(object, stored, '');
  return lost;
}
