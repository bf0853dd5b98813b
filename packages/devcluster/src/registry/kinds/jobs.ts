import type { KubeObject } from '../../objects.js';
import { asList, asObject, at, copyJson, ensureObject, isObject, type JsonObject, sameJson } from '../../store/json.js';
import { fieldAt } from '../field-selector.js';
import type { Resource } from '../resource.js';
import { selectorText } from '../subresources/scale.js';
import { ageOf, humanDuration } from './age.js';
import { ageColumn, containerColumns, integer, nameColumn, path, text } from './columns.js';
import { define } from './define.js';
import { defaultPodTemplate } from './pod-template.js';
import { validatePodSpec } from './pod-validation.js';
import { templateWarnings } from './pod-warnings.js';

const specOf = (object: KubeObject): JsonObject => asObject(object.spec);

function defaultJobSpec(spec: JsonObject): void {
  // Only where neither is set: a work queue has parallelism without completions.
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= 6;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
  defaultPodTemplate(spec.template);
}

/** The server writes selector and labels itself, from the uid, so that two jobs never share pods. */
function generateSelector(job: KubeObject): void {
  const spec = specOf(job);
  if (spec.manualSelector === true) return;
  const template = asObject(spec.template);
  const metadata = ensureObject(template, 'metadata');
  const labels = { ...asObject(metadata.labels) };
  const { uid, name } = job.metadata;
  // Labels that were copied from the template get what the template gets.
  const copied = sameJson(job.metadata.labels, labels) && Object.keys(labels).length > 0;
  Object.assign(labels, {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  });
  metadata.labels = labels;
  if (copied) job.metadata.labels = copyJson(labels) as Record<string, string>;
  spec.template = template;
  spec.selector = { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } };
}

function jobState(job: KubeObject): string {
  const conditions = asList(at(job, 'status', 'conditions')).map(asObject);
  const has = (type: string): boolean => conditions.some((each) => each.type === type && each.status === 'True');
  if (has('Complete')) return 'Complete';
  if (has('Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (has('Suspended')) return 'Suspended';
  if (has('FailureTarget')) return 'FailureTarget';
  if (has('SuccessCriteriaMet')) return 'SuccessCriteriaMet';
  return 'Running';
}

/** Jobs. */
export const jobs: Resource = define({
  group: 'batch',
  kind: 'Job',
  type: 'batch.v1.Job',
  categories: ['all'],
  status: true,
  selectable: { 'status.successful': (job) => String(at(job, 'status', 'succeeded') ?? 0) },
  strategy: {
    warnings: templateWarnings('spec', 'template', 'spec'),
    generation: (job) => [job.spec],
    defaults(job) {
      if (!isObject(job.spec)) return;
      defaultJobSpec(job.spec);
      const { labels } = job.metadata;
      const wanted = at(job.spec, 'template', 'metadata', 'labels');
      if ((labels === undefined || Object.keys(labels).length === 0) && isObject(wanted)) {
        job.metadata.labels = copyJson(wanted) as Record<string, string>;
      }
    },
    prepareCreate(job) {
      generateSelector(job);
      job.status = {};
    },
    validate(job, causes) {
      const spec = specOf(job);
      for (const key of [
        'parallelism',
        'completions',
        'backoffLimit',
        'ttlSecondsAfterFinished',
        'activeDeadlineSeconds',
      ]) {
        const value = spec[key];
        if (typeof value === 'number' && value < 0)
          causes.invalid(`spec.${key}`, value, 'must be greater than or equal to 0');
      }
      validatePodSpec(asObject(at(spec.template, 'spec')), 'spec.template.spec', causes);
      const policy = at(spec.template, 'spec', 'restartPolicy');
      if (policy !== 'OnFailure' && policy !== 'Never') {
        if (policy === 'Always') {
          causes.add(
            'FieldValueRequired',
            'spec.template.spec.restartPolicy',
            'Required value: valid values: "OnFailure", "Never"',
          );
        } else causes.notSupported('spec.template.spec.restartPolicy', policy, ['OnFailure', 'Never']);
      }
    },
    prepareUpdate(next, live) {
      const spec = specOf(next);
      if (specOf(live).manualSelector === true) return;
      // A caller who sends the manifest again does not know the generated selector.
      spec.selector ??= copyJson(specOf(live).selector);
      const generated = Object.fromEntries(
        Object.entries(asObject(at(live, 'spec', 'template', 'metadata', 'labels'))).filter(([key]) =>
          generatedLabels.has(key),
        ),
      );
      const metadata = ensureObject(asObject(spec.template), 'metadata');
      metadata.labels = { ...generated, ...asObject(metadata.labels) };
    },
    validateUpdate(next, live, causes) {
      const [after, before] = [specOf(next), specOf(live)];
      for (const field of [
        'selector',
        'completionMode',
        'podFailurePolicy',
        'backoffLimitPerIndex',
        'managedBy',
        'successPolicy',
      ]) {
        if (!sameJson(after[field], before[field])) causes.invalid(`spec.${field}`, after[field], 'field is immutable');
      }
      if (!sameJson(after.completions, before.completions) && after.completionMode !== 'Indexed') {
        causes.invalid('spec.completions', after.completions, 'field is immutable');
      }
      const suspended = before.suspend === true && at(live, 'status', 'startTime') === undefined;
      const template = (spec: JsonObject): unknown => (suspended ? withoutScheduling(spec.template) : spec.template);
      if (!sameJson(template(after), template(before)))
        causes.invalid('spec.template', after.template, 'field is immutable');
    },
  },
  columns: [
    nameColumn,
    text('Status', jobState),
    text('Completions', (job) => {
      const { completions, parallelism } = specOf(job);
      const succeeded = at(job, 'status', 'succeeded') ?? 0;
      if (completions !== undefined) return `${succeeded}/${completions}`;
      return Number(parallelism ?? 0) > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
    }),
    text('Duration', (job, now) => {
      const start = at(job, 'status', 'startTime');
      const end = at(job, 'status', 'completionTime');
      if (typeof start !== 'string') return '';
      return humanDuration((typeof end === 'string' ? Date.parse(end) : now) - Date.parse(start));
    }),
    ageColumn,
    ...containerColumns('spec', 'template'),
    text('Selector', (job) => selectorText(specOf(job).selector) ?? '<none>', 1),
  ],
});

const generatedLabels = new Set([
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-name',
  'controller-uid',
  'job-name',
]);

/** The scheduling directives of a suspended job's template may still change. */
function withoutScheduling(template: unknown): unknown {
  const copy = copyJson(asObject(template));
  const spec = asObject(copy.spec);
  for (const key of ['affinity', 'nodeSelector', 'tolerations', 'schedulingGates']) delete spec[key];
  const metadata = asObject(copy.metadata);
  delete metadata.labels;
  delete metadata.annotations;
  return copy;
}

/** CronJobs: stored and validated; nothing starts their jobs yet. */
export const cronJobs: Resource = define({
  group: 'batch',
  kind: 'CronJob',
  type: 'batch.v1.CronJob',
  shortNames: ['cj'],
  categories: ['all'],
  status: true,
  selectable: { 'metadata.name': fieldAt('metadata', 'name') },
  strategy: {
    warnings: templateWarnings('spec', 'jobTemplate', 'spec', 'template', 'spec'),
    generation: (job) => [job.spec],
    defaults(job) {
      if (!isObject(job.spec)) return;
      const { spec } = job;
      spec.concurrencyPolicy ??= 'Allow';
      spec.suspend ??= false;
      spec.successfulJobsHistoryLimit ??= 3;
      spec.failedJobsHistoryLimit ??= 1;
      const template = asObject(spec.jobTemplate);
      if (isObject(spec.jobTemplate)) ensureObject(spec.jobTemplate, 'metadata');
      if (isObject(template.spec)) defaultPodTemplate(template.spec.template);
    },
    prepareCreate(job) {
      job.status = {};
    },
    validate(job, causes) {
      if (!specOf(job).schedule) causes.required('spec.schedule');
    },
  },
  columns: [
    nameColumn,
    text('Schedule', path('spec', 'schedule')),
    text('Timezone', (job) => specOf(job).timeZone ?? '<none>'),
    { ...text('Suspend', (job) => (specOf(job).suspend === true ? 'True' : 'False')), type: 'boolean' },
    integer('Active', (job) => asList(at(job, 'status', 'active')).length),
    text('Last Schedule', (job, now) => {
      const last = at(job, 'status', 'lastScheduleTime');
      return last === undefined ? '<none>' : ageOf(last, now);
    }),
    ageColumn,
    ...containerColumns('spec', 'jobTemplate', 'spec', 'template'),
    text('Selector', (job) => selectorText(at(job, 'spec', 'jobTemplate', 'spec', 'selector')) ?? '<none>', 1),
  ],
});
