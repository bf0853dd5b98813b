// What this bench is asked, and how its result reads as a table: docs/reference/benchmarks.md.
export const question = 'Is a Workspace admitted and planned while its author waits for kubectl?';
export const conditions =
  'six Workspaces, those that are refused among them, with all bundled plugins, in process and without a network';

export function rows(result) {
  const ms = (what, figure, goal) => ({ what, unit: 'ms', ours: result[figure], goal });
  return [
    ms('first admission in an operator', 'admissionFirstMs', 'at most 5'),
    ms('admission, median', 'admissionMedianMs'),
    ms('admission, p99', 'admissionP99Ms', 'at most 5'),
    { what: 'plans', unit: 'a second', ours: result.plansPerSecond },
  ];
}
