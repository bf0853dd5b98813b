import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { tinyModelPath } from '@kaito-sdk/inference-server';
import { expect } from 'chai';
import { postJson, until } from './support/served.js';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const convert = fileURLToPath(new URL('../dist/convert/main.js', import.meta.url));
const model = ['--model', tinyModelPath];

interface Run {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  said(): string;
}

const running: ChildProcess[] = [];

function run(program: string, ...args: readonly string[]): Run {
  const child = spawn(process.execPath, [program, ...args], { stdio: 'pipe' });
  running.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  return { child, exited: once(child, 'close').then(([code]) => code as number | null), said: () => text };
}

/** Runs the server until it is ready. */
async function ready(...args: readonly string[]): Promise<Run & { readonly url: string }> {
  const started = run(main, ...model, '--port', '0', ...args);
  await until(() => started.said().includes('ready') || started.child.exitCode !== null);
  const url = /(http:\/\/[\d.:]+)/.exec(started.said())?.[1];
  if (url === undefined) throw new Error(`not ready: ${started.said()}`);
  return { ...started, url };
}

describe('kaito-inference-server', () => {
  after(() => {
    for (const child of running) child.kill('SIGKILL');
  });

  it('says where it listens and what it serves, and ends with 0 on SIGTERM', async () => {
    const server = await ready('--served-model-name', 'phi', '--notice', 'A notice.');
    expect(server.said()).to.match(
      /^INFO A notice\.\nINFO listening url=http:\/\/127\.0\.0\.1:\d+\nINFO ready .*model=phi context=512 /,
    );
    expect((await postJson(`${server.url}/chat`, { prompt: 'Hello' })).status).to.equal(200);
    server.child.kill('SIGTERM');
    expect(await server.exited).to.equal(0);
    expect(server.said()).to.match(/INFO SIGTERM: finishing running requests\nINFO ended\n$/);
  });

  it('finishes a running request before it ends', async () => {
    const server = await ready();
    const kwargs = { min_new_tokens: 400, max_new_tokens: 400 };
    const answer = postJson(`${server.url}/chat`, { prompt: 'Hello', generate_kwargs: kwargs });
    await until(() => server.said().includes('ready'));
    while (!(await (await fetch(`${server.url}/metrics`)).text()).includes('requests_running 1')) {}
    server.child.kill('SIGTERM');
    expect((await answer).status).to.equal(200);
    expect(await server.exited).to.equal(0);
  });

  it('cuts off what does not finish in time, and says so with its exit code', async () => {
    const server = await ready('--drain-seconds', '0');
    const stream = await postJson(`${server.url}/v1/completions`, {
      prompt: 'pod',
      min_tokens: 400,
      max_tokens: 400,
      stream: true,
    });
    server.child.kill('SIGTERM');
    await stream.text().catch(() => 'cut off');
    expect(await server.exited).to.equal(3);
  });

  it('ends when standard input ends, if that was asked for', async () => {
    const server = await ready('--exit-with-parent');
    server.child.stdin?.end();
    expect(await server.exited).to.equal(0);
  });

  it('stays when standard input ends otherwise', async () => {
    const server = await ready();
    server.child.stdin?.end();
    expect((await fetch(`${server.url}/healthz`)).status).to.equal(200);
    server.child.kill('SIGINT');
    expect(await server.exited).to.equal(0);
  });

  it('writes one JSON object a line when asked to', async () => {
    const server = await ready('--log-format', 'json');
    server.child.kill('SIGTERM');
    await server.exited;
    const lines = server
      .said()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ message }) => message)).to.include.members(['listening', 'ready', 'ended']);
    for (const line of lines) expect(line).to.include.keys('time', 'level', 'message');
  });

  it('explains itself with --help', async () => {
    const help = run(main, '--help');
    expect(await help.exited).to.equal(0);
    for (const flag of [
      '--model',
      '--port',
      '--host',
      '--served-model-name',
      '--context',
      '--queue',
      '--exit-with-parent',
    ])
      expect(help.said()).to.include(flag);
  });

  const wrong: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['without a model', [], /--model is required/],
    ['with an unknown flag', [...model, '--fast'], /Unknown option '--fast'/],
    [
      'with a port that is none',
      [...model, '--port', 'http'],
      /--port must be a whole number from 0 to 65535, got http/,
    ],
    ['with a queue that is none', [...model, '--queue', '-1'], /--queue/],
    ['with an unknown log format', [...model, '--log-format', 'xml'], /--log-format must be text or json/],
  ];
  for (const [what, args, message] of wrong) {
    it(`ends with 2 ${what}`, async () => {
      const failed = run(main, ...args);
      expect(await failed.exited).to.equal(2);
      expect(failed.said()).to.match(message);
    });
  }

  it('ends with 1 when the model is not there', async () => {
    const failed = run(main, '--model', '/nowhere/x.gguf', '--port', '0');
    expect(await failed.exited).to.equal(1);
    expect(failed.said()).to.match(/ERROR there is no model file \/nowhere\/x\.gguf/);
  });

  it('ends with 1 when an adapter cannot be served, and names it', async () => {
    const failed = run(main, ...model, '--port', '0', '--adapter', 'voice=/nowhere/voice');
    expect(await failed.exited).to.equal(1);
    expect(failed.said()).to.match(/ERROR adapter voice cannot be served: \/nowhere\/voice/);
  });

  it('ends with 1 when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const failed = run(main, ...model, '--port', String(port));
    expect(await failed.exited).to.equal(1);
    expect(failed.said()).to.match(/EADDRINUSE/);
    other.close();
  });
});

describe('kaito-convert-gguf', () => {
  it('ends with 2 and its usage when the arguments do not make sense', async () => {
    for (const args of [
      [],
      ['--model', 'x'],
      ['--model', 'x', '--adapter', 'y', '--out', 'z', '--name', 'n'],
      ['--fast'],
    ]) {
      const failed = run(convert, ...args);
      expect(await failed.exited, args.join(' ')).to.equal(2);
      expect(failed.said()).to.include('usage: kaito-convert-gguf');
    }
  });

  it('ends with 1 and the reason when the folder is no model', async () => {
    const failed = run(convert, '--model', '/nowhere', '--out', '/nowhere/x.gguf', '--name', 'x');
    expect(await failed.exited).to.equal(1);
    expect(failed.said()).to.match(/^kaito-convert-gguf: \/nowhere is no folder|cannot be read/);
  });

  it('explains itself with --help', async () => {
    const help = run(convert, '--help');
    expect(await help.exited).to.equal(0);
    expect(help.said()).to.include('PEFT folder');
  });
});
