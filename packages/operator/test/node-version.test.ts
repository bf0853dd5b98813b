import { expect } from 'chai';
import { tooOld } from '../dist/node-version.js';

describe('the Node that kaito runs on', () => {
  for (const version of ['22.22.2', '22.23.0', '23.0.0', '24.21.0', process.versions.node]) {
    it(`may be ${version}`, () => expect(tooOld(version)).to.equal(undefined));
  }

  for (const version of ['20.20.2', '22.22.1', '22.9.0', '18.0.0']) {
    it(`is not ${version}, and that is said in words`, () => {
      expect(tooOld(version)).to.match(
        new RegExp(
          `^kaito needs Node 22\\.22\\.2 or later, and this is ${version.replaceAll('.', '\\.')}\\. Install a later one`,
        ),
      );
    });
  }
});
