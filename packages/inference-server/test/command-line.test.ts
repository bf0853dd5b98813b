import { lineLog } from '@kaito-sdk/inference-server';
import { expect } from 'chai';
import { parseCommandLine, usage } from '../dist/command-line.js';

const model = ['--model', 'm.gguf'];

describe('the command line', () => {
  it('needs nothing but a model', () => {
    expect(parseCommandLine(model)).to.deep.equal({
      kind: 'serve',
      settings: {
        model: 'm.gguf',
        adapters: [],
        chatModel: undefined,
        adapterRoutes: false,
        adapterSlots: undefined,
        maxAdapterRank: undefined,
        mounts: [],
        cache: undefined,
        parallel: 1,
        servedModelName: undefined,
        host: '127.0.0.1',
        port: 5000,
        context: undefined,
        threads: undefined,
        queue: 32,
        maxBody: 1_048_576,
        drainSeconds: 25,
        exitWithParent: false,
        logFormat: 'text',
        verbose: false,
        notice: undefined,
        without: [],
      },
    });
  });

  it('sets everything', () => {
    const line =
      '--adapter a=/a --adapter b=/b=c --adapter c=/c --adapter-strength a=0.5 --adapter-routes --max-adapter-rank 8 --adapter-slots 3 --mount /mnt=/tmp/mnt --chat-model a --cache /cache --parallel 2 --served-model-name n --host :: --port 0 --context 64 --threads 2 --queue 0 --max-body 9 --drain-seconds 0 --exit-with-parent --log-format json --verbose --notice hi --without /a --without /b';
    expect(parseCommandLine([...model, ...line.split(' ')], { a: '0.1', b: '0.25' })).to.deep.equal({
      kind: 'serve',
      settings: {
        model: 'm.gguf',
        adapters: [
          { name: 'a', path: '/a', strength: 0.5 },
          { name: 'b', path: '/b=c', strength: 0.25 },
          { name: 'c', path: '/c', strength: 1 },
        ],
        chatModel: 'a',
        adapterRoutes: true,
        adapterSlots: 3,
        maxAdapterRank: 8,
        mounts: [['/mnt', '/tmp/mnt']],
        cache: '/cache',
        parallel: 2,
        servedModelName: 'n',
        host: '::',
        port: 0,
        context: 64,
        threads: 2,
        queue: 0,
        maxBody: 9,
        drainSeconds: 0,
        exitWithParent: true,
        logFormat: 'json',
        verbose: true,
        notice: 'hi',
        without: ['/a', '/b'],
      },
    });
  });

  it('explains itself whatever else is given', () => {
    expect(parseCommandLine(['--help'])).to.deep.equal({ kind: 'help' });
    expect(parseCommandLine([...model, '-h'])).to.deep.equal({ kind: 'help' });
  });

  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /--model is required/],
    [['--model'], /argument missing/],
    [[...model, 'extra'], /extra/],
    [[...model, '--port', '65536'], /--port must be a whole number from 0 to 65535, got 65536/],
    [[...model, '--port', ''], /--port/],
    [[...model, '--context', '15'], /--context must be a whole number of at least 16, got 15/],
    [[...model, '--threads', '0'], /--threads/],
    [[...model, '--max-body', '1.5'], /--max-body/],
  ];
  for (const [argv, message] of wrong) {
    it(`says what is wrong with: ${argv.join(' ')}`, () => {
      expect(parseCommandLine(argv)).to.include({ kind: 'wrong' }).and.have.property('message').that.matches(message);
    });
  }

  it('describes every exit code', () => {
    for (const code of ['0 ended', '1 could not start', '2 wrong arguments', '3 requests were cut off'])
      expect(usage).to.include(code);
  });
});

describe('a log of lines', () => {
  const clock = { now: () => Date.UTC(2026, 0, 2), after: () => () => undefined };

  function logged(format: 'text' | 'json'): { readonly lines: string[]; readonly log: ReturnType<typeof lineLog> } {
    const lines: string[] = [];
    return { lines, log: lineLog(format, 'info', clock, (line) => lines.push(line)) };
  }

  it('is plain, with the fields behind the message', () => {
    const { lines, log } = logged('text');
    log('info', 'ready', { url: 'http://x', context: 512 });
    expect(lines).to.deep.equal(['INFO ready url=http://x context=512']);
  });

  it('is one JSON object a line', () => {
    const { lines, log } = logged('json');
    log('warn', 'slow', { seconds: 2 });
    expect(lines.map((line) => JSON.parse(line))).to.deep.equal([
      { time: '2026-01-02T00:00:00.000Z', level: 'warn', message: 'slow', seconds: 2 },
    ]);
  });

  it('leaves out what matters less than it was asked for', () => {
    const { lines, log } = logged('text');
    for (const level of ['debug', 'info', 'warn', 'error'] as const) log(level, level, {});
    expect(lines).to.deep.equal(['INFO info', 'WARN warn', 'ERROR error']);
  });
});
