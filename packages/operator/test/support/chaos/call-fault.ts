/**
 * What happens at one call of the operator. Calls are counted over the whole life, restarts included, watches not; the first is 1. With
 * `call`, only those count that begin so, `delete nodeclaims/` for one: that is still the same call when another one has come before it.
 */
export type CallFault = { readonly at: number; readonly call?: string } & (
  | {
      /** The process dies right after the call was carried out, before it hears of it, and is started again after this long. */
      readonly kind: 'kill';
      readonly downMs: number;
    }
  /** The call is carried out, and nobody hears of it. */
  | { readonly kind: 'lose-answer' }
  /** The call never arrives. */
  | { readonly kind: 'refuse' }
  /** The server does nothing and answers so, this and the next calls: conflicts, throttling, failures. */
  | { readonly kind: 'answer'; readonly status: 409 | 429 | 500 | 503; readonly times: number }
  /** From here on, for so long, what watches of this kind tell (of all kinds, where none is named) comes late: caches are stale. */
  | { readonly kind: 'lag'; readonly ms: number; readonly forMs: number; readonly resource?: string }
  /** From here on, for so long, events come twice. */
  | { readonly kind: 'twice'; readonly forMs: number }
  /** All watches break, and what was under way in them is lost; `expired`: they cannot be taken up again where they were. */
  | { readonly kind: 'cut'; readonly expired: boolean }
);

/** In words, for a story that a person reads. */
export function faultText(fault: CallFault): string {
  const { at, kind, call, ...rest } = fault;
  const details = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
  return `${kind} at ${call ?? 'call'} ${at}${details.length === 0 ? '' : ` (${details.join(', ')})`}`;
}

/** The same faults at calls by what they are, as a story of them tells: a regression outlives changes of what comes before. */
export function byCall(faults: readonly CallFault[], story: readonly string[]): readonly CallFault[] {
  const beginnings = story.map((text) => /^\S+ [^/]*\/?/.exec(text)?.[0] ?? text);
  return faults.map((fault) => {
    const call = beginnings[fault.at - 1];
    if (fault.call !== undefined || call === undefined) return fault;
    return { ...fault, call, at: beginnings.slice(0, fault.at).filter((one) => one === call).length };
  });
}
