import { accessCases } from './access.cases.js';
import { builtinKindsCases } from './builtin-kinds.cases.js';
import { customResourcesCases } from './custom-resources.cases.js';
import { deletionCases } from './deletion.cases.js';
import { findsCases } from './finds.cases.js';
import { integersCases } from './integers.cases.js';
import { listsCases } from './lists.cases.js';
import { objectsCases } from './objects.cases.js';
import { patchesCases } from './patches.cases.js';
import type { Serving } from './serving.js';
import { watchesCases } from './watches.cases.js';

/**
 * The conformance cases, for whichever server. A number in a title is that of the table in `docs/reference/devcluster.md`. The
 * same bodies run here against devcluster and in the e2e tier against kube-apiserver, so what they expect is what it does.
 */
export function conformance(serving: Serving): void {
  objectsCases(serving);
  patchesCases(serving);
  listsCases(serving);
  watchesCases(serving);
  deletionCases(serving);
  customResourcesCases(serving);
  integersCases(serving);
  builtinKindsCases(serving);
  accessCases(serving);
  findsCases(serving);
}
