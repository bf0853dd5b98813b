import type { LoaderAdapter, LoaderDocument, LoaderModel } from './document.js';
import { LoaderError } from './loader-error.js';

/** Reads the argument of the program. Strict: what it does not understand it does not do by halves. */
export function readDocument(text: string): LoaderDocument {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid('it is no JSON');
  }
  const { into, model, maxRank, slots, combined, adapters } = keysOf(value, 'the document', [
    'into',
    'model',
    'maxRank',
    'slots',
    'combined',
    'adapters',
  ]);
  if (typeof into !== 'string' || !into.startsWith('/')) throw invalid('into is no absolute path');
  if (combined !== undefined && !isName(combined)) throw invalid('combined is no name');
  if (maxRank !== undefined && typeof maxRank !== 'number') throw invalid('maxRank is no number');
  if (slots !== undefined && typeof slots !== 'number') throw invalid('slots is no number');
  if (!Array.isArray(adapters)) throw invalid('adapters is no list');
  return {
    into,
    model: modelOf(model),
    ...(maxRank === undefined ? {} : { maxRank }),
    ...(slots === undefined ? {} : { slots }),
    ...(combined === undefined ? {} : { combined }),
    adapters: adapters.map(adapterOf),
  };
}

const SIZES = ['layers', 'hiddenSize', 'intermediateSize', 'attentionHeads', 'kvHeads', 'headDim'] as const;

function modelOf(value: unknown): LoaderModel {
  const { names, ...sizes } = keysOf(value, 'model', ['names', ...SIZES]);
  if (!isTexts(names)) throw invalid('model.names is no list of names');
  const wrong = SIZES.find((size) => typeof sizes[size] !== 'number');
  if (wrong) throw invalid(`model.${wrong} is no number`);
  return { names, ...(sizes as Omit<LoaderModel, 'names'>) };
}

function adapterOf(value: unknown): LoaderAdapter {
  const keys = ['name', 'strength', 'image', 'secrets', 'folder', 'by'];
  const { name, strength, image, secrets, folder, by } = keysOf(value, 'an adapter', keys);
  if (!isName(name)) throw invalid('an adapter has no name that can be a folder');
  if (strength !== undefined && !(typeof strength === 'number' && strength >= 0 && strength <= 1))
    throw invalid(`the strength of ${name} is not 0 to 1`);
  const texts = { image, folder, by };
  for (const [key, text] of Object.entries(texts)) {
    if (text !== undefined && typeof text !== 'string') throw invalid(`${key} of ${name} is no text`);
  }
  if (secrets !== undefined && !Array.isArray(secrets)) throw invalid(`secrets of ${name} is no list`);
  return {
    name,
    ...(strength === undefined ? {} : { strength: strength as number }),
    ...(Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined)) as Partial<LoaderAdapter>),
    ...(secrets === undefined ? {} : { secrets: secrets.map(secretOf) }),
  };
}

function secretOf(value: unknown): { readonly name: string; readonly folder: string } {
  const { name, folder } = keysOf(value, 'a secret', ['name', 'folder']);
  if (typeof name !== 'string' || typeof folder !== 'string') throw invalid('a secret has no name or folder');
  return { name, folder };
}

/** A folder of its own below the adapters', and nowhere else. */
function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9][\w.-]*$/.test(value);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function keysOf(value: unknown, what: string, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(`${what} is no object`);
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) throw invalid(`${what} has "${unknown}", which this version does not know`);
  return value as Readonly<Record<string, unknown>>;
}

function invalid(why: string): LoaderError {
  return new LoaderError(
    'DOCUMENT_INVALID',
    `the loader was given a document that it cannot read: ${why}. Use the loader image of this operator's version`,
  );
}
