import { expect } from 'chai';
import { type Option, readArguments } from '../../dist/stand-ins/arguments.js';

const options: readonly Option[] = [
  { names: ['--name', '-n'], takes: 'one' },
  { names: ['--size'], takes: 'one', kind: 'int' },
  { names: ['--share'], takes: 'one', kind: 'float' },
  { names: ['--length'], takes: 'one', kind: 'count' },
  { names: ['--data'], takes: 'one', kind: 'json' },
  { names: ['--items'], takes: 'many' },
  { names: ['--each'], takes: 'one', repeatable: true },
  { names: ['--vague'], takes: 'maybe' },
  { names: ['--fast'], takes: 'none', negatable: true },
  { names: ['--plain'], takes: 'none' },
];

function read(line: string, settings = {}) {
  const found = readArguments(
    options,
    line.split(' ').filter((word) => word !== ''),
    settings,
  );
  if (found.kind === 'error') throw new Error(found.message);
  return { ...found, values: Object.fromEntries(found.values) };
}

describe('arguments in the way of argparse', () => {
  const good: readonly (readonly [string, Readonly<Record<string, readonly string[]>>])[] = [
    ['--name a', { '--name': ['a'] }],
    ['--name=a=b', { '--name': ['a=b'] }],
    ['--name=', { '--name': [''] }],
    ['-n a', { '--name': ['a'] }],
    ['--name a --name b', { '--name': ['b'] }],
    ['--each a --each=b', { '--each': ['a', 'b'] }],
    ['--items a b c --fast', { '--items': ['a', 'b', 'c'], '--fast': ['true'] }],
    ['--no-fast', { '--fast': ['false'] }],
    ['--size -3', { '--size': ['-3'] }],
    ['--share 1e-3', { '--share': ['1e-3'] }],
    ['--length 8K', { '--length': ['8K'] }],
    ['--length auto', { '--length': ['auto'] }],
    ['--data {"a":1}', { '--data': ['{"a":1}'] }],
    ['--vague --fast', { '--vague': [], '--fast': ['true'] }],
    ['--vague x', { '--vague': ['x'] }],
  ];
  for (const [line, values] of good) {
    it(`reads ${line}`, () => {
      expect(read(line)).to.deep.include({ values, positionals: [], unrecognized: [] });
    });
  }

  const bad: readonly (readonly [string, string])[] = [
    ['--name', 'argument --name/-n: expected one argument'],
    ['--name --fast', 'argument --name/-n: expected one argument'],
    ['--items', 'argument --items: expected at least one argument'],
    ['--size 1.5', "argument --size: invalid int value: '1.5'"],
    ['--share much', "argument --share: invalid float value: 'much'"],
    ['--length 8q', "argument --length: invalid human_readable_int value: '8q'"],
    ['--data {', "argument --data: invalid loads value: '{'"],
    ['--fast=1', "argument --fast: ignored explicit argument '1'"],
  ];
  for (const [line, message] of bad) {
    it(`does not read ${line}`, () => {
      expect(() => read(line)).to.throw(message);
    });
  }

  it('collects what nobody knows, with the values behind it once there is no place for them', () => {
    expect(read('model --nope 1 --no-plain', { maxPositionals: 1 })).to.deep.include({
      positionals: ['model'],
      unrecognized: ['--nope', '1', '--no-plain'],
    });
  });

  it('leaves everything from the first word on alone when it is told to', () => {
    expect(read('--fast script --fast --nope', { stopAtPositional: true })).to.deep.include({
      values: { '--fast': ['true'] },
      positionals: ['script', '--fast', '--nope'],
      unrecognized: [],
    });
  });
});
