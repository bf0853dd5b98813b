import type { Notice } from './plan.js';
import { record } from './workspace-fields.js';

/** The annotation that names a runtime. */
export const RUNTIME_ANNOTATION = 'kaito.sh/runtime';

/** The annotation whose presence lets a machine be tried that has too little GPU memory by our reckoning. */
export const BYPASS_ANNOTATION = 'kaito.sh/bypass-resource-checks';

/** Annotations that ask for what happens anyway. A warning about them would be noise. */
const ALREADY_SO: Readonly<Record<string, string>> = {
  'kaito.sh/disable-benchmark': 'true',
  'kaito.sh/model-streaming': 'disabled',
  'kaito.sh/performance-mode': 'balanced',
  'kaito.sh/use-local-weights': 'false',
};

/** Labels by which other controllers mark the Workspaces that they made. */
const MARKS: ReadonlySet<string> = new Set([
  'inferenceset.kaito.sh/created-by',
  'multiroleinference.kaito.sh/created-by',
]);

/** Whether a label or annotation belongs to this API, and is therefore expected to do something. */
export function ownKey(key: string): boolean {
  const domain = key.split('/')[0] ?? '';
  return key.includes('/') && (domain === 'kaito.sh' || domain.endsWith('.kaito.sh'));
}

/**
 * Warnings for the annotations and labels of this API that nobody reads: mistyped ones, and those of other versions.
 * @param read the annotations that the planner, the runtime and the provisioner honour
 */
export function ignoredMetadata(metadata: unknown, read: ReadonlySet<string>): readonly Notice[] {
  const annotations = Object.entries(record(record(metadata)?.annotations) ?? {});
  const labels = Object.keys(record(record(metadata)?.labels) ?? {});
  const idle = annotations
    .filter(([key, value]) => ownKey(key) && !read.has(key) && ALREADY_SO[key] !== value)
    .map(([key]) => key);
  return [
    ...idle.sort().map((key) => notice('AnnotationIgnored', `annotation ${key}`)),
    ...labels
      .filter((key) => ownKey(key) && !MARKS.has(key))
      .sort()
      .map((key) => notice('LabelIgnored', `label ${key}`)),
  ];
}

function notice(code: string, what: string): Notice {
  return { code, message: `The ${what} has no effect here: nothing that is installed reads it.` };
}
