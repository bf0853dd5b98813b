/** Specs of a Widget, each wrong in one way, with the field and the reason that the schema gives. */
export const cases: readonly { name: string; spec: Record<string, unknown>; refused: readonly string[] }[] = (
  [
    ['a missing field', { enabled: undefined }, ['spec.enabled Required']],
    ['a wrong type', { enabled: 'yes' }, ['spec.enabled TypeInvalid']],
    ['null where it is not allowed', { enabled: null }, ['spec.enabled Required']],
    ['null in a list', { tags: [null] }, ['spec.tags[0] TypeInvalid']],
    ['nothing: nulls where they count as absent', { range: null, weights: { a: null }, size: null }, []],
    ['a value that is not allowed', { size: 'huge' }, ['spec.size NotSupported']],
    ['too short a text', { colour: 'r' }, ['spec.colour Invalid']],
    ['too long a text', { colour: 'reddishbrown' }, ['spec.colour TooLong']],
    ['a text that does not match', { tags: ['a', 'B'] }, ['spec.tags[1] Invalid']],
    ['a repeated item of a set', { tags: ['a', 'b', 'a'] }, ['spec.tags[2] Duplicate']],
    [
      'a repeated key of a list-map',
      {
        ports: [
          { name: 'a', number: 1 },
          { name: 'a', number: 2 },
        ],
      },
      ['spec.ports[1] Duplicate'],
    ],
    [
      'too many items',
      { ports: [1, 2, 3, 4, 5, 6].map((n) => ({ name: `p${n}`, number: n })) },
      ['spec.ports TooMany'],
    ],
    [
      'a number out of bounds',
      {
        ports: [
          { name: 'a', number: 0 },
          { name: 'b', number: 65536 },
        ],
      },
      ['spec.ports[0].number Invalid', 'spec.ports[1].number Invalid'],
    ],
    ['a fraction for an integer', { ports: [{ name: 'a', number: 1.5 }] }, ['spec.ports[0].number TypeInvalid']],
    ['a value of a map out of bounds', { weights: { ok: 1, zero: 0 } }, ['spec.weights[zero] Invalid']],
    [
      'neither an integer nor a string',
      { ports: [{ name: 'a', number: 1, target: true }] },
      ['spec.ports[0].target TypeInvalid'],
    ],
    ['a list instead of an object', { range: [] }, ['spec.range TypeInvalid']],
    ['several at once', { size: 'huge', enabled: 1 }, ['spec.size NotSupported', 'spec.enabled TypeInvalid']],
  ] as [string, Record<string, unknown>, string[]][]
).map(([name, spec, refused]) => ({ name, spec, refused }));
