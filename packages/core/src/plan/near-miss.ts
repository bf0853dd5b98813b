/**
 * The names that somebody who wrote `wanted` may have meant, likeliest first: a few letters apart, or one containing the other
 * once case and punctuation are set aside (people leave out dashes and suffixes).
 */
export function nearMisses(wanted: string, known: readonly string[], limit = 3): readonly string[] {
  const bare = letters(wanted);
  if (bare === '') return [];
  const tolerance = Math.max(1, Math.floor(bare.length / 4));
  const scored = known.flatMap((name) => {
    const other = letters(name);
    const distance = editDistance(bare, other, tolerance);
    if (distance <= tolerance) return [{ name, distance }];
    const contained = bare.length >= 3 && (other.includes(bare) || bare.includes(other));
    return contained ? [{ name, distance: tolerance + Math.abs(other.length - bare.length) }] : [];
  });
  scored.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  return scored.slice(0, limit).map(({ name }) => name);
}

/** `"a"`, `"a" or "b"`, `"a", "b" or "c"`. */
export function quotedList(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`);
  const last = quoted.pop() ?? '';
  return quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`;
}

function letters(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

/** Levenshtein's distance; gives up above `limit`, so that a long nonsense name costs nothing. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? limit + 1;
}
