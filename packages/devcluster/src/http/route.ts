/** What a path under `/api` or `/apis` names. */
export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly namespace: string | undefined;
  readonly plural: string;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  /** What follows the subresource, as the proxy paths have it; begins with a slash when there is anything. */
  readonly rest: string;
}

/** Reads `/api/v1/…` and `/apis/GROUP/VERSION/…`; undefined for the paths above them. */
export function resourcePath(pathname: string): ResourcePath | undefined {
  const parts = pathname.split('/');
  const core = parts[1] === 'api';
  const [group, version, ...segments] = core
    ? ['', parts[2], ...parts.slice(3)]
    : [parts[2], parts[3], ...parts.slice(4)];
  if (!version || group === undefined || segments.length === 0 || segments[0] === '') return undefined;
  let namespace: string | undefined;
  let at = 0;
  // `namespaces/NAME/status` and `…/finalize` are subresources of the namespace itself, everything else is something inside it.
  if (
    segments[0] === 'namespaces' &&
    segments.length > 2 &&
    segments[2] !== '' &&
    !(core && isNamespaceSubresource(segments))
  ) {
    namespace = decode(segments[1]);
    at = 2;
  }
  const plural = decode(segments[at]);
  const name = segments[at + 1] === undefined || segments[at + 1] === '' ? undefined : decode(segments[at + 1]);
  const subresource = segments[at + 2] === undefined || segments[at + 2] === '' ? undefined : decode(segments[at + 2]);
  const rest = segments.length > at + 3 ? `/${segments.slice(at + 3).join('/')}` : '';
  return { group, version, namespace, plural, name, subresource, rest };
}

function isNamespaceSubresource(segments: readonly (string | undefined)[]): boolean {
  return segments.length === 3 && (segments[2] === 'status' || segments[2] === 'finalize');
}

function decode(text: string | undefined): string {
  try {
    return decodeURIComponent(text ?? '');
  } catch {
    return text ?? '';
  }
}
