/** RFC 3339 in whole seconds, the only form that `metav1.Time` has on the wire. */
export function timestamp(ms: number): string {
  return `${new Date(Math.floor(ms / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}
