import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readAdapters } from '../dist/adapter-arguments.js';
import { folderWith } from './support/hugging-face.js';

const asked = (more: Partial<Parameters<typeof readAdapters>[0]>, env: Readonly<Record<string, string>> = {}) =>
  readAdapters({ named: [], folder: undefined, strengths: [], ...more }, env);

describe('adapters on the command line', () => {
  it('have the strength that is given, else that of the variable with their name, else 1', () => {
    expect(asked({ named: ['a=/a', 'b=/b', 'c=/c'], strengths: ['a=0.5'] }, { a: '0.1', b: '0' })).to.deep.equal([
      { name: 'a', path: '/a', strength: 0.5 },
      { name: 'b', path: '/b', strength: 0 },
      { name: 'c', path: '/c', strength: 1 },
    ]);
  });

  it('are every folder of the given one that holds an adapter, by name', () => {
    const folder = folderWith({ 'adapter_config.json': {} });
    for (const name of ['second', 'first', 'empty']) {
      mkdirSync(join(folder, name));
      if (name !== 'empty') writeFileSync(join(folder, name, 'adapter_config.json'), '{}');
    }
    expect(asked({ folder }, { first: '0.25' })).to.deep.equal([
      { name: 'first', path: join(folder, 'first'), strength: 0.25 },
      { name: 'second', path: join(folder, 'second'), strength: 1 },
    ]);
    rmSync(folder, { recursive: true });
  });

  const wrong: readonly (readonly [string, Parameters<typeof asked>[0], Readonly<Record<string, string>>, RegExp])[] = [
    ['without a path', { named: ['a'] }, {}, /--adapter must be NAME=PATH, got a/],
    ['without a name', { named: ['=/a'] }, {}, /--adapter must be NAME=PATH, got =\/a/],
    ['given twice', { named: ['a=/a', 'a=/b'] }, {}, /adapter a is given twice/],
    [
      'with a strength above 1',
      { named: ['a=/a'], strengths: ['a=1.1'] },
      {},
      /strength of adapter a must be .* got 1\.1/,
    ],
    ['with a variable that is no number', { named: ['a=/a'] }, { a: 'loud' }, /strength of adapter a .* got loud/],
    ['with an empty variable', { named: ['a=/a'] }, { a: '' }, /strength of adapter a/],
    ['that only a strength names', { strengths: ['a=1'] }, {}, /--adapter-strength a: there is no adapter/],
    ['in a folder that is not there', { folder: '/nowhere' }, {}, /--adapters-folder: there is no folder \/nowhere/],
  ];
  for (const [what, more, env, message] of wrong) {
    it(`are refused ${what}`, () => {
      expect(() => asked(more, env)).to.throw(message);
    });
  }
});
