/** A name longer than any real one is not compared letter by letter: that would be work for nothing. */
const LONGEST = 100;

/**
 * The names that somebody who wrote `wanted` may have meant, likeliest first, once case and punctuation are set aside: a few
 * letters apart, a few letters from the beginning of a name (people leave out suffixes), or one containing the other.
 */
export function nearMisses(wanted: string, known: readonly string[], limit = 3): readonly string[] {
  const bare = letters(wanted);
  if (bare === '' || bare.length > LONGEST) return [];
  const tolerance = bare.length < 5 ? 1 : Math.max(2, Math.floor(bare.length / 4));
  const scored = known.flatMap((name) => {
    const other = letters(name);
    const { whole, beginning } = editDistances(bare, other);
    if (whole <= tolerance) return [{ name, distance: whole }];
    const partly =
      bare.length >= 3 && (other.includes(bare) || bare.includes(other) || beginning <= Math.floor(bare.length / 6));
    return partly ? [{ name, distance: tolerance + Math.abs(other.length - bare.length) }] : [];
  });
  scored.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  return scored.slice(0, limit).map(({ name }) => name);
}

/** `"a"`, `"a" or "b"`, `"a", "b" or "c"`. */
export function quotedList(names: readonly string[]): string {
  return choices(names.map((name) => `"${name}"`));
}

/** `a, b or c`. */
export function choices(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}

function letters(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

/** Levenshtein's distance from `a` to the whole of `b`, and to that beginning of `b` which is nearest. */
function editDistances(a: string, b: string): { readonly whole: number; readonly beginning: number } {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return { whole: row[b.length] ?? a.length, beginning: Math.min(...row) };
}
