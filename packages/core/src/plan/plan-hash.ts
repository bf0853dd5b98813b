import { createHash } from 'node:crypto';
import { canonicalJson } from '../canonical-json.js';
import type { Infeasible, Plan } from './plan.js';

/**
 * A short name for a decision: equal for equal values, whatever the order of their keys, so that a Plan read back from the API
 * server has the hash of the one that was written. 16 hexadecimal digits.
 */
export function planHash(decision: Plan | Infeasible): string {
  return createHash('sha256').update(canonicalJson(decision)).digest('hex').slice(0, 16);
}
