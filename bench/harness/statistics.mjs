// What a bench makes of the figures of its rounds.

/** The middle one, to four decimals. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return Number(sorted[Math.floor(sorted.length / 2)].toFixed(4));
}

/** Of a list of rounds with the same figures: the middle of each figure. */
export function medians(list) {
  return Object.fromEntries(Object.keys(list[0]).map((key) => [key, median(list.map((one) => one[key]))]));
}

/** The value below which a share of them lies. */
export const at = (sorted, share) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]);
