import type { Auth, Credentials } from './credentials.js';
import { ociError } from './errors.js';
import { canonicalRegistry } from './reference.js';

/** What a key of the configuration says. */
interface Place {
  readonly host: string;
  readonly port: string;
  readonly path: readonly string[];
}

interface Entry extends Place {
  readonly credentials: Credentials | undefined;
}

/**
 * Reads registry credentials as Kubernetes secrets and container engines hold them: a `.dockerconfigjson`
 * (`{"auths": {…}}`) or the older `.dockercfg` (the map itself). Each entry may have `auth`, `username` with `password`,
 * `identitytoken` or `registrytoken`.
 *
 * A key is a host, with port, with a path (`host/team` holds for `host/team/app`, not for `host/teams`), with a scheme and
 * `/v1/` or `/v2/` as old tools wrote it, or with `*` for one label of the host (`*.azurecr.io`), as the kubelet reads it.
 * `https://index.docker.io/v1/` is docker.io. The longest path comes first, a plain host before a pattern.
 *
 * Throws `DOCKER_CONFIG_INVALID`, which names the key and never the value. The search throws `CREDENTIAL_HELPER` when only
 * a `credsStore` or `credHelpers` program could answer.
 */
export function dockerConfigAuth(text: string): Auth {
  const config = record(parsed(text), 'it is no JSON object');
  const auths = 'auths' in config || 'credsStore' in config || 'credHelpers' in config ? config.auths : config;
  const entries = Object.entries(record(auths ?? {}, '"auths" is no object')).map(([key, value]) => entry(key, value));
  const helpers = Object.entries(record(config.credHelpers ?? {}, '"credHelpers" is no object')).map(
    ([key, helper]) => ({
      ...keyParts(key),
      helper,
    }),
  );
  const store = typeof config.credsStore === 'string' && config.credsStore !== '' ? config.credsStore : undefined;

  return (registry, repository) => {
    const found = entries
      .filter((candidate) => holdsFor(candidate, registry, repository))
      .sort((a, b) => b.path.length - a.path.length || Number(a.host.includes('*')) - Number(b.host.includes('*')));
    const credentials = found.flatMap((candidate) =>
      candidate.credentials === undefined ? [] : [candidate.credentials],
    );
    if (credentials.length > 0) return credentials;
    const named = helpers.find((candidate) => holdsFor(candidate, registry, repository))?.helper;
    const helper = typeof named === 'string' ? named : found.length > 0 ? store : undefined;
    if (helper !== undefined) throw ociError('CREDENTIAL_HELPER', helper, registry);
    // A store without any entry may or may not know this host: a public image must still be pullable.
    return [];
  };
}

/** Several secrets as one, tried in their order. */
export const firstOf =
  (auths: readonly Auth[]): Auth =>
  (registry, repository) =>
    auths.flatMap((auth) => (typeof auth === 'function' ? auth(registry, repository) : [auth]));

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which holds passwords.
    throw ociError('DOCKER_CONFIG_INVALID', 'it is no JSON');
  }
}

function record(value: unknown, otherwise: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw ociError('DOCKER_CONFIG_INVALID', otherwise);
  }
  return value as Readonly<Record<string, unknown>>;
}

function entry(key: string, value: unknown): Entry {
  return { ...keyParts(key), credentials: credentialsOf(key, record(value, `the entry of "${key}" is no object`)) };
}

function keyParts(key: string): Place {
  const [authority = '', ...path] = key
    .replace(/^https?:\/\//, '')
    .split('/')
    .filter((part) => part !== '');
  const { host, port } = hostAndPort(canonicalRegistry(authority));
  const version = path.length === 1 && /^v[12]$/.test(path[0] ?? '');
  return { host, port, path: version ? [] : path };
}

function hostAndPort(authority: string): { readonly host: string; readonly port: string } {
  const match = /^(.*?)(?::(\d+))?$/.exec(authority);
  return { host: match?.[1] ?? authority, port: match?.[2] ?? '' };
}

function holdsFor(candidate: Place, registry: string, repository: string): boolean {
  const { host, port } = hostAndPort(registry);
  if (candidate.port !== port) return false;
  const wantedLabels = candidate.host.split('.');
  const labels = host.split('.');
  if (wantedLabels.length !== labels.length) return false;
  if (!wantedLabels.every((label, i) => labelMatches(label, labels[i] ?? ''))) return false;
  const parts = repository.split('/');
  return candidate.path.every((part, i) => part === parts[i]);
}

/** Piece after piece from the left, without going back: a regular expression made of many stars could be tried in endlessly many ways. */
function labelMatches(pattern: string, label: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === label;
  if (!label.startsWith(first) || !label.endsWith(last) || label.length < first.length + last.length) return false;
  const end = label.length - last.length;
  let at = first.length;
  for (const piece of rest) {
    const found = label.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}

function credentialsOf(key: string, value: Readonly<Record<string, unknown>>): Credentials | undefined {
  const text = (name: string): string | undefined => {
    const field = value[name];
    if (field === undefined || field === null || field === '') return undefined;
    if (typeof field !== 'string') throw ociError('DOCKER_CONFIG_INVALID', `"${name}" of "${key}" is no text`);
    return field;
  };
  const registryToken = text('registrytoken');
  if (registryToken !== undefined) return { kind: 'registry-token', token: registryToken };
  const identityToken = text('identitytoken');
  if (identityToken !== undefined) return { kind: 'identity-token', token: identityToken };
  const auth = text('auth');
  const [username, password] = auth === undefined ? [text('username'), text('password')] : decoded(key, auth);
  if (username === undefined && password === undefined) return undefined;
  if (username === undefined || password === undefined) {
    throw ociError('DOCKER_CONFIG_INVALID', `"${key}" has only one of username and password`);
  }
  // Written so by tools that log in with a refresh token.
  if (username === '<token>') return { kind: 'identity-token', token: password };
  return { kind: 'basic', username, password };
}

function decoded(key: string, auth: string): readonly [string, string] {
  const pair = Buffer.from(auth, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon <= 0) throw ociError('DOCKER_CONFIG_INVALID', `"auth" of "${key}" is no base64 of user:password`);
  // Some tools pad the password with zero bytes.
  return [pair.slice(0, colon), pair.slice(colon + 1).replace(/\0+$/, '')];
}
