import { expect } from 'chai';
import { readOptions, UsageError } from '../dist/options.js';

describe('the command line of npm start', () => {
  it('needs nothing: the quick-start manifest, a question, three seconds for a node', () => {
    const options = readOptions([]);
    expect(options).to.deep.include({ once: false, file: undefined, nodeDelayMs: 3000, output: 'text' });
    expect(options.prompt).to.have.length.greaterThan(5);
  });

  it('takes nodes from Karpenter unless Azure is named', () => {
    expect(readOptions([]).provisioner).to.equal('karpenter');
    expect(readOptions(['--provisioner', 'aks']).provisioner).to.equal('aks');
  });

  it('reads times with their unit, and zero without one', () => {
    const delay = (text: string) => readOptions(['--node-delay', text]).nodeDelayMs;
    expect([delay('500ms'), delay('5s'), delay('1.5s'), delay('2m'), delay('0')]).to.deep.equal([
      500, 5000, 1500, 120_000, 0,
    ]);
  });

  for (const [title, args, message] of [
    ['a time without a unit', ['--node-delay', '5'], /--node-delay takes a time such as 500ms, 5s or 2m, not "5"/],
    ['an unknown option', ['--fast'], /--fast/],
    ['an option without its value', ['--file'], /--file/],
    ['a stray argument', ['workspace.yaml'], /workspace\.yaml/],
    ['an unknown output', ['--once', '--output', 'xml'], /--output takes text or json, not "xml"/],
    ['JSON output without --once', ['--output', 'json'], /goes with --once/],
    ['an unknown provisioner', ['--provisioner', 'aws'], /--provisioner takes karpenter or aks, not "aws"/],
    ['an empty question', ['--prompt', ' '], /--prompt must not be empty/],
  ] as const) {
    it(`refuses ${title}, and says so`, () => {
      expect(() => readOptions(args)).to.throw(UsageError, message);
    });
  }
});
