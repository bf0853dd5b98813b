/** `REGISTRY/REPOSITORY:TAG`, with no slash too many. */
export function imageReference(registry: string, repository: string, tag: string): string {
  return `${registry.replace(/\/+$/, '')}/${repository}:${tag}`;
}
