import fc from 'fast-check';
import { hostileJson, hostileText, type Json } from './hostile-values.js';

/**
 * Valid JSON with one to four wounds: a part replaced, taken away, doubled, put under another name or wrapped. What is not touched stays right,
 * so that the wounds are reached.
 */
export function mutated(...bases: readonly object[]): fc.Arbitrary<Json> {
  const wound = fc.record({
    at: fc.nat({ max: 10_000 }),
    how: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'double', 'rename', 'wrap', 'add'),
    name: hostileText,
    value: hostileJson,
  });
  return fc
    .tuple(fc.constantFrom(...bases), fc.array(wound, { minLength: 1, maxLength: 4 }))
    .map(([base, wounds]) => wounds.reduce<Json>((json, one) => wounded(json, one), JSON.parse(JSON.stringify(base))));
}

interface Wound {
  readonly at: number;
  readonly how: string;
  readonly name: string;
  readonly value: Json;
}

function wounded(json: Json, { at, how, name, value }: Wound): Json {
  const places = placesOf(json);
  const place = places[at % places.length] ?? [];
  return change(json, place, (old) => {
    switch (how) {
      case 'remove':
        return undefined;
      case 'double':
        return [old, old];
      case 'wrap':
        return keyed(name, old);
      case 'rename':
      case 'add':
        return typeof old === 'object' && old !== null && !Array.isArray(old)
          ? JSON.parse(
              JSON.stringify(old).replace(
                /\}$/,
                `${Object.keys(old).length > 0 ? ',' : ''}${JSON.stringify(name)}:${JSON.stringify(value)}}`,
              ),
            )
          : value;
      default:
        return value;
    }
  });
}

const keyed = (name: string, value: Json): Json => JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`);

type Place = readonly (string | number)[];

function placesOf(json: Json, here: Place = []): readonly Place[] {
  if (typeof json !== 'object' || json === null) return [here];
  const inner = Array.isArray(json)
    ? json.flatMap((item, index) => placesOf(item, [...here, index]))
    : Object.entries(json).flatMap(([key, item]) => placesOf(item, [...here, key]));
  return [here, ...inner];
}

function change(json: Json, [step, ...rest]: Place, how: (old: Json) => Json | undefined): Json {
  if (step === undefined) return how(json) ?? null;
  if (Array.isArray(json)) {
    return json.flatMap((item, index) =>
      index !== step ? [item] : rest.length > 0 ? [change(item, rest, how)] : (how(item) ?? []),
    );
  }
  const entries = Object.entries((json ?? {}) as { readonly [key: string]: Json }).flatMap(([key, item]) => {
    if (key !== step) return [[key, item] as const];
    const next = rest.length > 0 ? change(item, rest, how) : how(item);
    return next === undefined ? [] : [[key, next] as const];
  });
  return JSON.parse(`{${entries.map(([key, item]) => `${JSON.stringify(key)}:${JSON.stringify(item)}`).join(',')}}`);
}
