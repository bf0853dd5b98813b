import { expect } from 'chai';
import { print } from '../../dist/commands/output.js';
import { terminalIo } from '../../dist/commands/terminal-io.js';

const HOSTILE = '\u001b[2J\u001b]52;c;cm0gLXJmIC8=\u0007\u009b31m \u202egnp.exe';

describe('what a command prints', () => {
  const printed = (write: (io: ReturnType<typeof terminalIo>) => void) => {
    const said = { out: '', err: '' };
    const sink = (name: 'out' | 'err') => ({ write: (text: string) => (said[name] += text) });
    write(terminalIo(sink('out'), sink('err'), new AbortController().signal));
    return said;
  };

  it('never steers the terminal, whoever wrote it', () => {
    const { out, err } = printed((io) => {
      io.out(`the model says: ${HOSTILE}\n`);
      io.err(`the cloud says:\t${HOSTILE}\n`);
    });
    for (const text of [out, err]) expect(text).to.match(/^[^\p{Cc}\u202e]*[\t ][^\p{Cc}\u202e]*\n$/u);
    expect(out).to.include('\\u001b[2J');
  });

  it('is the same value as before in JSON', () => {
    const value = { message: `${HOSTILE}\nnext` };
    const { out } = printed((io) => print(io, 'json', value, () => []));
    expect(JSON.parse(out)).to.deep.equal(value);
    for (const acting of ['\u001b', '\u009b', '\u202e']) expect(out).not.to.include(acting);
  });
});
