import { type Challenge, parseChallenges } from './challenge.js';
import type { Clock } from './clock.js';
import { type Auth, type Credentials, candidates } from './credentials.js';
import { OciError, ociError } from './errors.js';
import { servingHost } from './reference.js';
import { type RetryContext, withRetries } from './retries.js';
import { saidOf, shown, type Wire } from './wire.js';

/** What a request wants to do, as token services know it. */
export interface Scope {
  readonly repository: string;
  readonly actions: 'pull' | 'pull,push';
}

interface Permit {
  /** The value of the Authorization header; undefined before the registry asked for one. */
  readonly header: string | undefined;
  readonly expiresAtMs: number;
  /** Which candidate it came from. */
  readonly candidate: number;
}

/** Tokens without a stated life hold 60 s by the token specification of the registry protocol. */
const defaultTokenLifeSeconds = 60;

/**
 * Answers the challenges of one registry. What worked is kept for each scope, so that a push of many chunks asks the token
 * service once. Credentials go to the registry and to the realm it names, over https.
 */
export class Authorizer {
  readonly #permits = new Map<string, Permit>();

  constructor(
    private readonly registry: string,
    private readonly options: { readonly auth?: Auth; readonly wire: Wire; readonly clock: Clock },
  ) {}

  /** The Authorization header to send at once, if one is known to hold. */
  current(scopes: readonly Scope[]): string | undefined {
    const permit = this.#permits.get(keyOf(scopes));
    return permit !== undefined && this.options.clock.now() < permit.expiresAtMs ? permit.header : undefined;
  }

  /**
   * The header that answers a 401: a fresh token if the one sent had merely run out, else from the next candidate. Throws
   * `UNAUTHORIZED` when there is none left.
   */
  async answer(
    scopes: readonly Scope[],
    challenged: {
      readonly header: string;
      readonly sent: string | undefined;
      readonly what: string;
      readonly said: string;
    },
    retry: RetryContext,
  ): Promise<string> {
    const repository = scopes[0]?.repository ?? '';
    const found = candidates(this.options.auth, this.registry, repository);
    const known = this.#permits.get(keyOf(scopes));
    let next = known === undefined ? 0 : challenged.sent === known.header ? known.candidate + 1 : known.candidate;
    const tries = Math.max(found.length, 1);
    for (; next < tries; next += 1) {
      const credentials = found[next];
      try {
        const permit = await this.#permit(credentials, scopes, challenged.header, next, retry);
        if (permit === undefined) continue;
        this.#permits.set(keyOf(scopes), permit);
        if (permit.header !== undefined) return permit.header;
      } catch (error) {
        // The next candidate may be the right one; the last one's refusal is the answer.
        if (!OciError.is(error, 'TOKEN_REFUSED') || next + 1 >= tries) throw error;
      }
    }
    this.#permits.delete(keyOf(scopes));
    throw ociError('UNAUTHORIZED', this.registry, challenged.what, found.length > 0, challenged.said);
  }

  async #permit(
    credentials: Credentials | undefined,
    scopes: readonly Scope[],
    header: string,
    candidate: number,
    retry: RetryContext,
  ): Promise<Permit | undefined> {
    const lasting = (value: string): Permit => ({ header: value, expiresAtMs: Number.POSITIVE_INFINITY, candidate });
    if (credentials?.kind === 'registry-token') return lasting(`Bearer ${credentials.token}`);
    const challenges = parseChallenges(header);
    const bearer = challenges.find((challenge) => challenge.scheme === 'bearer');
    if (bearer !== undefined) return this.#token(bearer, credentials, scopes, candidate, retry);
    if (!challenges.some((challenge) => challenge.scheme === 'basic')) {
      throw ociError('CHALLENGE_UNSUPPORTED', this.registry, challenges[0]?.scheme ?? header.slice(0, 60));
    }
    return credentials?.kind === 'basic' ? lasting(basic(credentials)) : undefined;
  }

  async #token(
    bearer: Challenge,
    credentials: Exclude<Credentials, { kind: 'registry-token' }> | undefined,
    scopes: readonly Scope[],
    candidate: number,
    retry: RetryContext,
  ): Promise<Permit> {
    const { wire, clock } = this.options;
    const { realm = '', service } = bearer.parameters;
    if (!URL.canParse(realm)) throw ociError('CHALLENGE_UNSUPPORTED', this.registry, 'bearer without a realm');
    const url = new URL(realm);
    const query = new URLSearchParams();
    if (service !== undefined) query.set('service', service);
    for (const scope of scopes) query.append('scope', `repository:${scope.repository}:${scope.actions}`);
    return withRetries(`asking ${shown(url)} for a token`, retry, async () => {
      const askedAtMs = clock.now();
      const answer = await (credentials?.kind === 'identity-token'
        ? this.#refresh(url, query, credentials.token, retry.signal)
        : wire.send(
            {
              method: 'GET',
              url: withQuery(url, query),
              headers: credentials === undefined ? {} : { authorization: basic(credentials) },
              onBehalfOf: servingHost(this.registry),
            },
            retry.signal,
          ));
      await wire.refuseTransient(answer);
      if (answer.status !== 200) throw ociError('TOKEN_REFUSED', shown(url), answer.status, await saidOf(answer));
      const { token, lifeSeconds } = readToken(await answer.text(1 << 20), shown(url));
      // A tenth early, so that a token does not run out between the check and the registry's own clock.
      return { header: `Bearer ${token}`, expiresAtMs: askedAtMs + lifeSeconds * 900, candidate };
    });
  }

  #refresh(url: URL, query: URLSearchParams, token: string, signal: AbortSignal | undefined) {
    const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token, client_id: 'kaito-sdk' });
    const service = query.get('service');
    if (service !== null) form.set('service', service);
    form.set('scope', query.getAll('scope').join(' '));
    return this.options.wire.send(
      {
        method: 'POST',
        url,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: Buffer.from(form.toString()),
        onBehalfOf: servingHost(this.registry),
      },
      signal,
    );
  }
}

const keyOf = (scopes: readonly Scope[]): string => scopes.map((s) => `${s.repository}:${s.actions}`).join(' ');

const basic = (credentials: { readonly username: string; readonly password: string }): string =>
  `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;

function withQuery(url: URL, query: URLSearchParams): URL {
  const result = new URL(url);
  for (const [name, value] of query) result.searchParams.append(name, value);
  return result;
}

function readToken(text: string, realm: string): { readonly token: string; readonly lifeSeconds: number } {
  let body: { readonly token?: unknown; readonly access_token?: unknown; readonly expires_in?: unknown };
  try {
    body = Object(JSON.parse(text));
  } catch {
    throw ociError('TOKEN_INVALID', realm);
  }
  const token = [body.token, body.access_token].find((value) => typeof value === 'string' && value !== '');
  // A line break in it would smuggle headers.
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) throw ociError('TOKEN_INVALID', realm);
  const life = body.expires_in;
  return { token, lifeSeconds: typeof life === 'number' && life > 0 ? life : defaultTokenLifeSeconds };
}
