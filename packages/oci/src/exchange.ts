import { Authorizer, type Scope } from './authorizer.js';
import type { Clock } from './clock.js';
import type { Auth } from './credentials.js';
import { ociError } from './errors.js';
import { servingHost } from './reference.js';
import { type RetryContext, type RetryPolicy, withRetries } from './retries.js';
import type { RegistryRequest } from './transport.js';
import { saidOf, shown, type Wire, type WireAnswer } from './wire.js';

/** A request of the registry protocol. */
export interface Ask {
  readonly method: RegistryRequest['method'];
  readonly url: URL;
  /** The registry in whose name it is asked, as in {@link Reference.registry}. */
  readonly registry: string;
  readonly scopes: readonly Scope[];
  /** For messages: what is being done, e.g. `reading the manifest of …`. */
  readonly what: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Statuses that the caller deals with; all others are errors. */
  readonly accept: readonly number[];
  readonly signal?: AbortSignal;
}

const redirects = [301, 302, 303, 307, 308];
const longestRedirectChain = 5;

/** Asks a registry: logs in when told to, follows redirects of reads, and turns refusals into errors by name. */
export class Exchange {
  readonly #authorizers = new Map<string, Authorizer>();

  constructor(
    private readonly options: {
      readonly wire: Wire;
      readonly clock: Clock;
      readonly random: () => number;
      readonly policy: RetryPolicy;
      readonly auth?: Auth;
      readonly userAgent: string;
    },
  ) {}

  /** What waits between tries need. */
  retryContext(signal: AbortSignal | undefined): RetryContext {
    const { policy, clock, random } = this.options;
    return { policy, clock, random, ...(signal === undefined ? {} : { signal }) };
  }

  /** Asks until there is an answer that the caller accepts or that no further try would better. */
  ask(ask: Ask): Promise<WireAnswer> {
    return withRetries(ask.what, this.retryContext(ask.signal), () => this.askOnce(ask));
  }

  /** One try; throws {@link Transient} for what another try may cure. */
  async askOnce(ask: Ask): Promise<WireAnswer> {
    const authorizer = this.#authorizer(ask.registry);
    let sent = authorizer.current(ask.scopes);
    let answer = await this.#send(ask, sent);
    // Once for a token that ran out, then once for each further candidate; the authorizer ends it by throwing.
    while (answer.status === 401) {
      const challenge = answer.headers['www-authenticate'] ?? '';
      const said = await saidOf(answer);
      const challenged = { header: challenge, sent, what: ask.what, said };
      sent = await authorizer.answer(ask.scopes, challenged, this.retryContext(ask.signal));
      answer = await this.#send(ask, sent);
    }
    if (ask.accept.includes(answer.status)) return answer;
    await this.options.wire.refuseTransient(answer);
    const said = await saidOf(answer);
    if (answer.status === 403) throw ociError('FORBIDDEN', ask.registry, ask.what, said);
    if (answer.status === 404) throw ociError('NOT_FOUND', ask.what, said);
    throw ociError('REFUSED', ask.what, answer.status, said);
  }

  /** Where the registry says to go on; relative ones are taken against the URL that was asked. Throws `ANSWER_INVALID`. */
  location(answer: WireAnswer, what: string, registry: string): URL {
    const { location } = answer.headers;
    if (location === undefined || !URL.canParse(location, answer.url)) {
      throw ociError('ANSWER_INVALID', what, 'it names no Location to go on');
    }
    return this.options.wire.admit(new URL(location, answer.url), servingHost(registry));
  }

  async #send(ask: Ask, authorization: string | undefined): Promise<WireAnswer> {
    let url = ask.url;
    const home = new URL(this.options.wire.origin(servingHost(ask.registry))).origin;
    for (let hop = 0; hop <= longestRedirectChain; hop += 1) {
      const headers = {
        'user-agent': this.options.userAgent,
        ...ask.headers,
        // Blobs often lie at a storage service, which must not see the registry's credentials (and refuses them).
        ...(authorization === undefined || url.origin !== home ? {} : { authorization }),
      };
      const answer = await this.options.wire.send(
        {
          method: ask.method,
          url,
          headers,
          onBehalfOf: servingHost(ask.registry),
          ...(ask.body === undefined ? {} : { body: ask.body }),
        },
        ask.signal,
      );
      const reads = ask.method === 'GET' || ask.method === 'HEAD';
      if (!reads || !redirects.includes(answer.status)) return answer;
      url = this.location(answer, ask.what, ask.registry);
      answer.discard();
    }
    throw ociError('REDIRECT_LOOP', shown(ask.url));
  }

  #authorizer(registry: string): Authorizer {
    const known = this.#authorizers.get(registry);
    if (known !== undefined) return known;
    const { auth, wire, clock } = this.options;
    const made = new Authorizer(registry, { wire, clock, ...(auth === undefined ? {} : { auth }) });
    this.#authorizers.set(registry, made);
    return made;
  }
}
