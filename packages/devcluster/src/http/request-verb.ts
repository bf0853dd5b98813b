/** As in a ClusterRole. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** What a request does to a resource; `named` says whether its path names one object. Undefined for methods that do nothing to resources. */
export function verbOf(method: string, url: URL, named: boolean): Verb | undefined {
  switch (method) {
    case 'GET':
      if (['true', '1'].includes(url.searchParams.get('watch') ?? '')) return 'watch';
      return named ? 'get' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return named ? 'delete' : 'deletecollection';
    default:
      return undefined;
  }
}
