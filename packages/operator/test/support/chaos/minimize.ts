import type { CallFault } from './call-fault.js';

/**
 * The fewest faults that still fail, and each as small as it goes: one is left out after the other, then times are shortened, until nothing
 * more can be taken away.
 */
export async function minimize(
  faults: readonly CallFault[],
  fails: (faults: readonly CallFault[]) => Promise<boolean>,
): Promise<readonly CallFault[]> {
  let best = faults;
  for (let smaller = true; smaller; ) {
    smaller = false;
    for (const next of candidates(best)) {
      if (!(await fails(next))) continue;
      best = next;
      smaller = true;
      break;
    }
  }
  return best;
}

function* candidates(faults: readonly CallFault[]): Generator<readonly CallFault[]> {
  for (const [index] of faults.entries()) yield faults.toSpliced(index, 1);
  for (const [index, fault] of faults.entries()) {
    for (const less of lesser(fault)) yield faults.toSpliced(index, 1, less);
  }
}

function* lesser(fault: CallFault): Generator<CallFault> {
  if (fault.kind === 'kill' && fault.downMs > 0) yield { ...fault, downMs: 0 };
  if (fault.kind === 'answer' && fault.times > 1) yield { ...fault, times: 1 };
  if (fault.kind === 'lag' && fault.ms > 500) yield { ...fault, ms: Math.max(500, Math.floor(fault.ms / 10)) };
  if (fault.kind === 'lag' && fault.forMs > 60_000) yield { ...fault, forMs: 60_000 };
  if (fault.kind === 'cut' && fault.expired) yield { ...fault, expired: false };
}
