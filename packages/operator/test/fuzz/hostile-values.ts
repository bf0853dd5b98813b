import fc from 'fast-check';

/** Planted wherever a secret would stand, and looked for in everything that is said. */
export const MARKER = 'marker-8c1f2e-never-to-be-seen';

/** Names that objects have without anybody giving them, and others that programs stumble over. */
const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'length',
  'then',
  '',
  ' ',
  '.',
  '..',
  '../../etc/passwd',
  '/etc/passwd',
  'null',
  'true',
  '0',
  '-1',
  '1e999',
  'NaN',
  '\u0000',
  '\u001b[2J',
  '\u009b31m',
  '\u202egnp',
  '\ud800',
  '%00',
  '%2e%2e%2f',
  'a\r\nx-smuggled: yes',
  '#{7*7}',
  '{{7*7}}',
  '$(id)',
  "'; DROP TABLE x; --",
  'http://169.254.169.254/',
  'http://[::ffff:127.0.0.1]/',
  'file:///etc/passwd',
  'A_B',
];

const long = fc
  .tuple(
    fc.constantFrom('A', 'a.', 'a-', '_', '/', '@', ':', '%41', '\u001b', '👩', '[', '{"a":'),
    fc.integer({ min: 100, max: 5_000 }),
  )
  .map(([piece, times]) => piece.repeat(times));

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...NAMES) },
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 60 }) },
  { weight: 1, arbitrary: long },
);

const scalar: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: hostileText },
  { weight: 2, arbitrary: fc.constantFrom(0, -0, 1, -1, 0.1, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308, 5e-324) },
  { weight: 1, arbitrary: fc.boolean() },
  { weight: 2, arbitrary: fc.constant(null) },
);

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Any JSON, with keys and values that somebody chose to break something. */
export const hostileJson: fc.Arbitrary<Json> = fc.letrec<{ tree: Json; list: Json; object: Json }>((tie) => ({
  tree: fc.oneof({ maxDepth: 4, withCrossShrink: true }, scalar, tie('list'), tie('object')),
  list: fc.array(tie('tree'), { maxLength: 5 }) as fc.Arbitrary<Json>,
  object: fc
    .array(fc.tuple(hostileText, tie('tree')), { maxLength: 5 })
    // As JSON.parse makes it: `__proto__` is a key like any other.
    .map((entries) =>
      JSON.parse(`{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`),
    ),
})).tree;

/** A list in a list in a list, as deep as an API server takes it; as text, since no program can write it out. */
export const deepText: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(['[', ']'], ['{"a":', '}']), fc.integer({ min: 50, max: 10_000 }))
  .map(([[open = '', close = ''], depth]) => `${open.repeat(depth)}1${close.repeat(depth)}`);
