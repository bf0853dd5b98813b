import { BYPASS_ANNOTATION, ownKey, RUNTIME_ANNOTATION } from './ignored-metadata.js';
import { type Rung, readLadder } from './ladder.js';
import type { Infeasible, Notice } from './plan.js';
import { notSupported } from './unsupported.js';
import { record, setFields, text } from './workspace-fields.js';

/** What a Workspace asks for, read once and checked, so that the rest of the planner never meets a wrong type. */
export interface PlanRequest {
  readonly namespace: string;
  readonly name: string;
  readonly kind: 'inference' | 'tuning';
  /** Where the model's name stands, for messages. */
  readonly presetField: string;
  readonly presetName?: string;
  readonly instanceType?: string;
  /** At least one rung. */
  readonly ladder: readonly Rung[];
  /** US dollars an hour for all nodes together. */
  readonly priceLimit?: number;
  readonly count: number;
  /** Nodes to take first, each once. */
  readonly preferredNodes: readonly string[];
  /** Labels for the nodes, without those that the operator keeps for itself. */
  readonly labels: Readonly<Record<string, string>>;
  /** The value of the runtime annotation, when there is one. */
  readonly runtime?: string;
  /** A shortage of GPU memory is to be a warning, where a machine is named. */
  readonly bypass: boolean;
  /** Every field that is set, as dotted paths. */
  readonly fields: readonly string[];
  readonly warnings: readonly Notice[];
}

/** Service names are DNS-1035 labels (Kubernetes API reference), and the Service is named as the Workspace. */
const SERVICE_NAME = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Reads a Workspace of any shape: the API server's schema is not in the way when a file is planned without a cluster. */
export function readRequest(workspace: unknown): PlanRequest | Infeasible {
  const whole = record(workspace) ?? {};
  const metadata = record(whole.metadata) ?? {};
  const name = text(metadata.name) ?? '';
  if (!SERVICE_NAME.test(name)) {
    return invalid(
      'metadata.name',
      `metadata.name "${name}" cannot be the name of a Service, and the Service has the name of the Workspace.`,
      'Use 1 to 63 lower-case letters, digits and dashes that begin with a letter and do not end with a dash.',
    );
  }
  const kind = kindOf(whole);
  if (typeof kind !== 'string') return kind;
  for (const part of ['resource', `${kind}`, `${kind}.preset`]) {
    const value = part.split('.').reduce<unknown>((inner, step) => record(inner)?.[step], whole);
    if (value !== undefined && value !== null && !record(value)) {
      return invalid(part, `${part} must be an object.`, 'See the examples for its form.');
    }
  }
  const resource = record(whole.resource) ?? {};
  const preset = record(record(whole[kind])?.preset) ?? {};
  const count = resource.count ?? 1;
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 1) {
    return invalid(
      'resource.count',
      `resource.count must be a whole number of nodes, at least 1, and is ${JSON.stringify(count)}.`,
      'Leave it out for one node.',
    );
  }
  for (const [field, value] of [
    ['resource.instanceType', resource.instanceType],
    [`${kind}.preset.name`, preset.name],
  ] as const) {
    if (value !== undefined && value !== null && typeof value !== 'string') {
      return invalid(field, `${field} must be a string.`, 'Put the value in quotes.');
    }
  }
  const labels = readLabels(resource.labelSelector);
  if ('feasible' in labels) return labels;
  const preferredNodes = resource.preferredNodes ?? [];
  if (!Array.isArray(preferredNodes) || preferredNodes.some((node) => text(node) === undefined)) {
    return invalid(
      'resource.preferredNodes',
      'resource.preferredNodes must be a list of names.',
      'Name nodes, or leave it out.',
    );
  }
  const ladder = readLadder(resource);
  if ('feasible' in ladder) return ladder;
  const priceLimit = resource.priceLimit ?? undefined;
  if (priceLimit !== undefined && !(typeof priceLimit === 'number' && priceLimit > 0 && Number.isFinite(priceLimit))) {
    return invalid(
      'resource.priceLimit',
      `resource.priceLimit must be US dollars an hour, more than zero, and is ${JSON.stringify(priceLimit)}.`,
      'Leave it out for no limit.',
    );
  }
  const optional = {
    presetName: text(preset.name),
    instanceType: text(resource.instanceType),
    runtime: text(record(metadata.annotations)?.[RUNTIME_ANNOTATION]),
  };
  return {
    namespace: text(metadata.namespace) ?? 'default',
    name,
    kind,
    presetField: `${kind}.preset.name`,
    count,
    preferredNodes: [...new Set(preferredNodes as readonly string[])],
    ladder,
    ...(priceLimit === undefined ? {} : { priceLimit }),
    labels: labels.labels,
    bypass: (record(metadata.annotations)?.[BYPASS_ANNOTATION] ?? undefined) !== undefined,
    fields: setFields(whole).filter((field) => field !== `${kind}.preset.accessMode` || preset.accessMode !== 'public'),
    warnings: labels.warnings,
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<
      typeof optional
    >),
  };
}

function kindOf(whole: Readonly<Record<string, unknown>>): 'inference' | 'tuning' | Infeasible {
  const [inference, tuning] = [whole.inference, whole.tuning].map((part) => part !== undefined && part !== null);
  if (inference && tuning) {
    return invalid(
      'tuning',
      'Both inference and tuning are set, and a Workspace does one of the two.',
      'Put each in a Workspace of its own.',
    );
  }
  if (inference) return 'inference';
  if (tuning) return 'tuning';
  return invalid('inference', 'Neither inference nor tuning is set.', 'Name a model in inference.preset.name.');
}

interface Labels {
  readonly labels: Readonly<Record<string, string>>;
  readonly warnings: readonly Notice[];
}

/** `matchLabels`, and of `matchExpressions` those that say the same thing in more words: `In` with one value. */
function readLabels(selector: unknown): Labels | Infeasible {
  const field = 'resource.labelSelector';
  if (selector !== undefined && selector !== null && !record(selector)) {
    return invalid(field, `${field} must be an object.`, `Put the labels under ${field}.matchLabels.`);
  }
  // A null counts as absent, as it does to the API server.
  const pairs: [string, unknown][] = Object.entries(record(record(selector)?.matchLabels) ?? {}).filter(
    ([, value]) => value !== null,
  );
  const expressions = record(selector)?.matchExpressions;
  for (const expression of Array.isArray(expressions) ? expressions : []) {
    const { key, operator, values } = record(expression) ?? {};
    if (typeof key !== 'string' || operator !== 'In' || !Array.isArray(values) || values.length !== 1) {
      return {
        ...notSupported(
          `${field}.matchExpressions`,
          'can only hold In with a single value: nodes are made with the labels, and a label has one value',
        ),
        remedy: `Put the labels under ${field}.matchLabels.`,
      };
    }
    pairs.push([key, values[0]]);
  }
  const wrong = pairs.find(([, value]) => typeof value !== 'string');
  if (wrong) return invalid(`${field}.matchLabels`, `Label ${wrong[0]} must be a string.`, 'Put the value in quotes.');
  const kept = pairs.filter(([key]) => !ownKey(key)).sort(([a], [b]) => (a < b ? -1 : 1)) as [string, string][];
  const dropped = pairs
    .filter(([key]) => ownKey(key))
    .map(([key]) => key)
    .sort();
  return {
    labels: Object.fromEntries(kept),
    warnings: dropped.map((key) => ({
      code: 'LabelReserved',
      message: `Label ${key} of ${field} is left out: labels of that domain say whose node it is, and the operator sets them.`,
    })),
  };
}

function invalid(field: string, message: string, remedy: string): Infeasible {
  return { feasible: false, code: 'InvalidWorkspace', field, message, remedy, rejected: [] };
}
