import type { KubeRequest, KubeResponse, Transport } from '../../kube/transport.js';
import { type RequestFacts, requestFacts, type Verb } from './request-facts.js';

/**
 * What becomes of a request.
 * - `refuse`: it never arrives.
 * - `lose-answer`: it is carried out, and nobody hears of it.
 * - a status: the server answers with it and does nothing.
 */
export type Fault =
  | 'refuse'
  | 'lose-answer'
  | { readonly status: number; readonly reason?: string; readonly retryAfterSeconds?: number };

/** Which requests meet a fault. What is left out matches everything. */
export interface FaultRule {
  readonly verb?: Verb;
  /** Plural. */
  readonly resource?: string;
  readonly name?: string;
  /** `''` for requests without one. */
  readonly subresource?: string;
  readonly fault: Fault;
  /** That many of the matching requests; afterwards the rule is spent. @default all of them */
  readonly times?: number;
  /** That many matching requests pass first. @default 0 */
  readonly after?: number;
}

/** Spoils chosen requests on their way to a server. */
export class FaultInjector {
  private rules: { readonly rule: FaultRule; passed: number; used: number }[] = [];

  /** Adds a rule; the first one that matches and is not spent decides. The answer takes it away and says how often it struck. */
  inject(rule: FaultRule): () => number {
    const entry = { rule, passed: 0, used: 0 };
    this.rules.push(entry);
    return () => {
      this.rules = this.rules.filter((other) => other !== entry);
      return entry.used;
    };
  }

  clear(): void {
    this.rules = [];
  }

  over(transport: Transport): Transport {
    return {
      request: async (request) => {
        const fault = this.faultFor(requestFacts(request));
        if (fault === undefined) return transport.request(request);
        if (fault === 'refuse') throw new Error('connect ECONNREFUSED (injected)');
        if (fault !== 'lose-answer') return refusal(fault);
        const { body } = await transport.request(request);
        for await (const _ of body);
        throw new Error('socket hang up (injected)');
      },
    };
  }

  private faultFor(facts: RequestFacts): Fault | undefined {
    for (const entry of this.rules) {
      const { rule } = entry;
      if (!matches(rule, facts) || entry.used >= (rule.times ?? Number.POSITIVE_INFINITY)) continue;
      if (entry.passed < (rule.after ?? 0)) {
        entry.passed++;
        continue;
      }
      entry.used++;
      return rule.fault;
    }
    return undefined;
  }
}

function matches({ verb, resource, name, subresource }: FaultRule, facts: RequestFacts): boolean {
  return (
    (verb === undefined || verb === facts.verb) &&
    (resource === undefined || resource === facts.resource) &&
    (name === undefined || name === facts.name) &&
    (subresource === undefined || subresource === (facts.subresource ?? ''))
  );
}

/** An answer of the server that refuses: a `Status`. */
export function refusal(fault: Exclude<Fault, string>, request?: Pick<KubeRequest, 'path'>): KubeResponse {
  const { status: code, reason = 'Injected', retryAfterSeconds } = fault;
  const message = `refused by the test${request === undefined ? '' : ` (${request.path})`}`;
  const body = JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message });
  return {
    status: code,
    headers: retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
    body: (async function* () {
      yield body;
    })(),
  };
}
