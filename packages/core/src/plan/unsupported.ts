import type { Runtime } from '../plugin/runtime.js';
import type { Infeasible } from './plan.js';

/** What the planner reads itself. */
const READ_BY_PLANNER: ReadonlySet<string> = new Set([
  'resource.count',
  'resource.instanceType',
  'resource.alternatives',
  'resource.preferredNodes',
  'resource.priceLimit',
  'resource.labelSelector.matchLabels',
  'resource.labelSelector.matchExpressions',
  'inference.preset.name',
  'tuning.preset.name',
]);

/** What to do instead, for the fields of the API that are not served yet. By the last parts of the path, the longest first. */
const REMEDIES: readonly (readonly [ending: string, remedy: string])[] = [
  [
    'inference.adapters',
    'Remove it to serve the base model, or publish a preset whose weights have the adapter merged in.',
  ],
  ['inference.config', 'Remove it: the engine is configured from the Plan.'],
  ['inference.template', 'Name a model in inference.preset.name instead, or deploy your own pods as a Deployment.'],
  ['resource.partition', 'Remove it: a Workspace takes whole GPUs.'],
  ['resource.preferredNodes', 'Remove it: a Workspace gets nodes that are made for it.'],
  ['preset.accessMode', 'Remove it or set it to public; for images of your own, set the registry of the runtime.'],
  ['presetOptions.image', 'Remove it; for images of your own, set the registry of the runtime.'],
  ['presetOptions.imagePullSecrets', 'Remove it; for a private registry, set the pull secrets of the runtime.'],
  ['presetOptions.modelAccessSecret', 'Remove it: only models that need no access token are served.'],
];

/** The fields that neither the planner nor this runtime reads: setting them would make no difference, so they are refused. */
export function unreadFields(fields: readonly string[], runtime: Runtime): readonly string[] {
  const read = new Set(runtime.reads?.fields ?? []);
  return fields.filter((field) => !READ_BY_PLANNER.has(field) && !read.has(field));
}

/** A refusal by name. What we cannot do yet must never look as if it had been done. */
export function notSupported(field: string, why = 'is not supported yet'): Infeasible {
  const [, remedy] = REMEDIES.find(([ending]) => field.endsWith(ending)) ?? [];
  const fallback = field.includes('.')
    ? 'Remove it.'
    : 'Remove it: resource, inference and tuning stand at the top level of a Workspace, and there is no spec.';
  return {
    feasible: false,
    code: 'NotSupported',
    field,
    message: `${field} ${why}.`,
    remedy: remedy ?? fallback,
    rejected: [],
  };
}
