/**
 * What a terminal would act on instead of showing it: control characters, and those that turn the direction of writing. Line ends and
 * tabulators are left alone, since a log may have them.
 */
const ACTS = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;

/**
 * Text from outside (a cloud, a registry, the last words of a container) made fit for statuses, events and terminals: what would be acted
 * on is written out (`\u001b`), and what is longer than `most` characters is cut.
 */
export function plainText(text: string, most: number): string {
  const cut = text.length > most ? `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…` : text;
  return cut.replace(ACTS, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Of a condition, an event or an attempt. A container's last words have 4,096 bytes at the most. */
export const LONGEST_MESSAGE = 4096;
