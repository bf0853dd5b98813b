import { type Digest, isDigest } from './digest.js';
import { ociError } from './errors.js';

/** Where an image is. Tag and digest may both be given: then the digest decides and the tag is a note. */
export interface Reference {
  /** As a person writes it: `docker.io` for the default one, else host with port if any. */
  readonly registry: string;
  /** With `library/` put before official images of docker.io. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

/** The host that serves docker.io: its registry does not live under its name. */
const servingHosts: ReadonlyMap<string, string> = new Map([['docker.io', 'registry-1.docker.io']]);

/** Names under which docker.io is also written, `index.docker.io` being the one in old configurations. */
const defaultRegistryNames = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);

const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const repositoryPattern = new RegExp(`^${component}(?:/${component})*$`);
const hostPattern = /^(?:\[[0-9a-fA-F:]+\]|[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?)(?::[0-9]{1,5})?$/;

/** One name for docker.io, whichever way it was written; other hosts in lower case. */
export function canonicalRegistry(host: string): string {
  const lower = host.toLowerCase();
  return defaultRegistryNames.has(lower) ? 'docker.io' : lower;
}

/** The host and port to connect to for a registry's name. */
export const servingHost = (registry: string): string => servingHosts.get(registry) ?? registry;

/** What to ask the registry for: the digest if there is one, else the tag. */
export const wanted = (reference: Reference): string => reference.digest ?? reference.tag ?? 'latest';

/**
 * Reads an image reference the way container engines do: the first part is a host if it has a dot, a port or is
 * `localhost`; without one it is docker.io; without tag and digest it is `latest`. Throws `REFERENCE_INVALID`.
 */
export function parseReference(text: string): Reference {
  const fail = (why: string): never => {
    throw ociError('REFERENCE_INVALID', text, why);
  };
  if (/^[a-z]+:\/\//.test(text)) fail('a scheme does not belong there');
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest)) fail('after "@" a digest sha256:<64 hex digits> must follow');
  const named = at < 0 ? text : text.slice(0, at);
  const slash = named.indexOf('/');
  const first = slash < 0 ? '' : named.slice(0, slash);
  const hasHost = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  if (hasHost && !hostPattern.test(first)) fail(`"${first}" is no host name`);
  const registry = hasHost ? canonicalRegistry(first) : 'docker.io';
  const rest = hasHost ? named.slice(slash + 1) : named;
  const colon = rest.lastIndexOf(':');
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  const path = colon < 0 ? rest : rest.slice(0, colon);
  if (tag !== undefined && !/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(tag)) fail(`"${tag}" is no tag`);
  if (path === '') fail('the name is missing');
  if (path !== path.toLowerCase()) fail('the name must be in lower case');
  if (!repositoryPattern.test(path)) fail(`"${path}" is no repository name`);
  const repository = registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path;
  if (repository.length > 255) fail('the name is longer than 255 characters');
  return {
    registry,
    repository,
    ...(tag !== undefined ? { tag } : digest === undefined ? { tag: 'latest' } : {}),
    ...(digest === undefined ? {} : { digest: digest as Digest }),
  };
}

/** The full form, never shortened: `docker.io/library/busybox:1@sha256:…`. Reads back to the same value. */
export function formatReference(reference: Reference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
  return `${reference.registry}/${reference.repository}${tag}${digest}`;
}
