import type { ModelPreset, PlannedAdapter, PlannedAdapters, Workspace } from '@kaito-sdk/core';
import type { AdapterOptions } from './adapter-options.js';
import { otherBaseNames } from './annotations.js';
import { chooseFetch } from './choose-fetch.js';

/** KAITO takes as many (contract §1.1). */
const MOST = 10;

/** The adapters of a Workspace as they can be planned, or why they cannot. */
export type ReadAdapters =
  | { readonly kind: 'none' }
  | { readonly kind: 'adapters'; readonly items: readonly PlannedAdapter[] }
  | { readonly kind: 'refused'; readonly reason: string; readonly remedy: string };

/**
 * Reads `inference.adapters`. Admission has said all of this with more words; a file that is planned without a cluster has not been
 * through it.
 */
export function readAdapters(workspace: Workspace, options: AdapterOptions): ReadAdapters {
  const adapters: unknown = workspace.inference?.adapters ?? [];
  if (!Array.isArray(adapters))
    return refused('inference.adapters must be a list', 'Write one entry for each adapter.');
  if (adapters.length === 0) return { kind: 'none' };
  if (adapters.length > MOST) {
    return refused(`${adapters.length} adapters are more than ${MOST}`, 'Remove some, or use a second Workspace.');
  }
  const items: PlannedAdapter[] = [];
  for (const [index, adapter] of adapters.entries()) {
    const read = readOne(record(adapter), workspace, options);
    if (typeof read === 'string')
      return refused(`inference.adapters[${index}] ${read}`, 'See the examples for its form.');
    if (items.some(({ name }) => name === read.name)) {
      return refused(`two adapters are named ${read.name}`, 'Requests choose an adapter by its name: rename one.');
    }
    items.push(read);
  }
  return { kind: 'adapters', items };
}

/** What the Plan says about adapters; nothing when there are none. */
export function plannedAdapters(
  read: ReadAdapters,
  { name, model, weights }: ModelPreset,
  workspace: Workspace,
  engine: { readonly maxRank?: number; readonly live?: boolean } = {},
): { readonly adapters?: PlannedAdapters } {
  if (read.kind !== 'adapters') return {};
  const { maxRank, live = false } = engine;
  const names = [name, weights.repository, ...otherBaseNames(workspace)];
  const { layers, hiddenSize, intermediateSize, attentionHeads, kvHeads, headDim } = model;
  return {
    adapters: {
      items: read.items,
      ...(maxRank === undefined ? {} : { maxRank }),
      ...(live ? { live: true as const } : {}),
      base: { names, layers, hiddenSize, intermediateSize, attentionHeads, kvHeads, headDim },
    },
  };
}

function readOne(adapter: Record, workspace: Workspace, options: AdapterOptions): PlannedAdapter | string {
  const source = record(adapter.source);
  const name = source.name;
  if (typeof name !== 'string' || !/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(name)) {
    return 'needs source.name, a DNS name in lower case by which requests choose it';
  }
  const strength = strengthOf(adapter.strength);
  if (strength === undefined)
    return `has the strength ${JSON.stringify(adapter.strength)}, which is no number from 0 to 1`;
  const { image, volumeSource } = source;
  if (isText(image) === isFilled(volumeSource)) return 'needs exactly one of source.image and source.volumeSource';
  if (!isText(image)) return { name, strength, volume: record(volumeSource) };
  const secrets: unknown = source.imagePullSecrets ?? [];
  const pullSecrets = Array.isArray(secrets) ? secrets.filter(isText) : [];
  return {
    name,
    strength,
    image,
    ...(pullSecrets.length > 0 ? { pullSecrets } : {}),
    fetchedBy: chooseFetch({ name, image, pullSecrets }, workspace, options),
  };
}

function strengthOf(value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return 1;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  return number >= 0 && number <= 1 ? number : undefined;
}

type Record = Readonly<{ [key: string]: unknown }>;

function record(value: unknown): Record {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record) : {};
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isFilled = (value: unknown): boolean => Object.keys(record(value)).length > 0;

function refused(reason: string, remedy: string): ReadAdapters {
  return { kind: 'refused', reason, remedy };
}
