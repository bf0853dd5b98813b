/**
 * Orders two resource versions of one resource. They are decimal numbers that can outgrow a double (Kubernetes declares
 * them comparable since 1.35), so length decides before digits do.
 */
export function compareResourceVersions(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
