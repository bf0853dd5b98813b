import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const script = fileURLToPath(new URL('../assets/kaito_multi_node.sh', import.meta.url));

/** The script in a shell of this machine; `ray`, `python3`, `vllm` and `sleep` are programs that write down how they were called. */
describe('the script for several nodes', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kaito-nodes-'));
    program('ray', 'exit 0');
    program('vllm', 'exit 0');
    program('sleep', 'exit 0');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A program in PATH; what it was called with lands in `calls`. */
  const program = (name: string, body: string) => {
    const file = join(folder, name);
    writeFileSync(file, `#!/bin/sh\necho "${name} $*" >>"${folder}/calls"\n${body}\n`);
    chmodSync(file, 0o755);
  };
  /** `python3 -c CODE`: the code tells which of the three small programs it is. */
  const python = (answers: { readonly nodes?: string; readonly leader?: string; readonly health?: string }) =>
    program(
      'python3',
      `case "$2" in *ray.nodes*) ${answers.nodes ?? 'exit 1'} ;; *create_connection*) ${answers.leader ?? 'exit 1'} ;; *urlopen*) ${answers.health ?? 'exit 1'} ;; esac`,
    );
  const calls = () =>
    readFileSync(join(folder, 'calls'), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('python3'));
  const run = (index: number, ...words: readonly string[]) =>
    new Promise<number | null>((resolve) => {
      const env = {
        PATH: `${folder}:/usr/bin:/bin`,
        POD_INDEX: String(index),
        KAITO_LEADER: 'ws-0.ws-headless',
        KAITO_NODES: '3',
        KAITO_HEALTH: 'http://127.0.0.1:5000/health',
      };
      spawn('/bin/sh', [script, ...words], { env, stdio: 'ignore' }).once('exit', resolve);
    });

  it('lets the first pod lead: Ray at once, the engine when all nodes are there', async () => {
    python({ nodes: `n=$(cat "${folder}/n" 2>/dev/null || echo 0); n=$((n + 1)); echo $n >"${folder}/n"; echo $n` });
    expect(await run(0, 'serve', 'vllm', 'serve', 'a/b', '--port', '5000')).to.equal(0);
    expect(calls()).to.deep.equal([
      'ray start --head --port=6379 --disable-usage-stats',
      'sleep 2',
      'sleep 2',
      'vllm serve a/b --port 5000',
    ]);
  });

  it('goes on waiting while Ray does not answer yet', async () => {
    python({ nodes: `[ -e "${folder}/up" ] && echo 3 || { touch "${folder}/up"; exit 1; }` });
    expect(await run(0, 'serve', 'vllm', 'serve')).to.equal(0);
    expect(calls().at(-1)).to.equal('vllm serve');
  });

  it('lets the others work: they wait for the leader, join it, and never start an engine', async () => {
    python({ leader: `[ -e "${folder}/up" ] || { touch "${folder}/up"; exit 1; }` });
    expect(await run(2, 'serve', 'vllm', 'serve')).to.equal(0);
    expect(calls()).to.deep.equal([
      'sleep 2',
      'ray start --address=ws-0.ws-headless:6379 --disable-usage-stats --block',
    ]);
  });

  it('ends as Ray ends, so that a worker without its leader is started again', async () => {
    python({ leader: 'exit 0' });
    program('ray', 'exit 7');
    expect(await run(1, 'serve', 'vllm', 'serve')).to.equal(7);
  });

  for (const [title, index, answers, code] of [
    ['the leader is ready when the engine is healthy', 0, { health: 'exit 0' }, 0],
    ['the leader is not ready while it loads', 0, { leader: 'exit 0' }, 1],
    ['a worker is ready when it reaches its leader', 1, { leader: 'exit 0' }, 0],
    ['a worker is not ready without its leader', 1, { health: 'exit 0' }, 1],
  ] as const) {
    it(`is a probe as well: ${title}`, async () => {
      python(answers);
      expect(await run(index, 'ready')).to.equal(code);
      expect(await run(index, 'live')).to.equal(code);
    });
  }

  it('refuses what it does not know', async () => {
    python({});
    expect(await run(0, 'dance')).to.equal(2);
  });
});
