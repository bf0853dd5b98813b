import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseReference, Registry } from '@kaito-sdk/oci';
import { FakeRegistry, type ServedRegistry, serveRegistry } from '@kaito-sdk/oci/testing';
import { expect } from 'chai';
import { checkPush } from '../../dist/programs/check/check-push.js';
import { guardedLookup } from '../../dist/programs/fetch/guarded-lookup.js';
import { awaitTraining } from '../../dist/programs/push/await-training.js';
import { pushAdapter } from '../../dist/programs/push/push-adapter.js';
import type { Surroundings } from '../../dist/programs/surroundings.js';
import type { Task } from '../../dist/programs/task.js';

const HOUR = 3_600_000;
const training = { state: 'completed', loss: 0.5, steps: 40, settings: { r: 8 } } as const;

describe('the pusher', () => {
  let registry: FakeRegistry;
  let served: ServedRegistry;
  let folder: string;
  let now: number;
  let said: { event: string; facts: Readonly<Record<string, unknown>> }[];
  /** Done before the pause with this number. */
  let meanwhile: (() => void)[];

  beforeEach(async () => {
    registry = new FakeRegistry();
    registry.login = { kind: 'basic', username: 'tuner', password: 'hunter2' };
    served = await serveRegistry(registry);
    folder = mkdtempSync(join(tmpdir(), 'push-'));
    for (const name of ['results', 'state', 'secret']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'results', 'adapter_config.json'), '{"r": 8}');
    writeFileSync(join(folder, 'results', 'adapter_model.safetensors'), 'weights');
    secret('hunter2');
    now = 0;
    said = [];
    meanwhile = [];
  });
  afterEach(async () => {
    await served.close();
    rmSync(folder, { recursive: true });
  });

  const secret = (password: string) => {
    const auth = Buffer.from(`tuner:${password}`).toString('base64');
    writeFileSync(join(folder, 'secret', 'config.json'), JSON.stringify({ auths: { [served.host]: { auth } } }));
  };
  const around: Surroundings = {
    clock: {
      now: () => now,
      after: (ms, task) => {
        now += ms;
        meanwhile.shift()?.();
        setImmediate(task);
        return () => {};
      },
    },
    random: () => 0.5,
    say: (event, facts = {}) => void said.push({ event, facts }),
  };
  const task = (): Task => ({
    input: {},
    output: { image: `${served.host}/team/adapter:1`, secret: 'push' },
    method: 'qlora',
    model: { preset: 'phi-3-mini-4k-instruct', repository: 'microsoft/Phi-3-mini-4k-instruct', revision: 'abc' },
    privateDataUrls: false,
    plainHttpRegistries: false,
  });
  const places = () => ({
    results: join(folder, 'results'),
    state: join(folder, 'state'),
    secret: join(folder, 'secret'),
  });
  const push = () => pushAdapter(task(), training, places(), around);
  const manifest = async (image: string) =>
    (
      await new Registry({ auth: { kind: 'basic', username: 'tuner', password: 'hunter2' } }).image(
        parseReference(image),
      )
    ).manifest;

  it('pushes the two files as an image that says what it is made from', async () => {
    writeFileSync(
      join(folder, 'state', 'dataset.json'),
      '[{"name": "a.parquet", "sha256": "00", "rows": 3, "bytes": 9}]',
    );
    const { pinned } = await push();
    expect((await manifest(pinned)).annotations).to.deep.equal({
      'dev.kaito-sdk.base-model': 'microsoft/Phi-3-mini-4k-instruct',
      'dev.kaito-sdk.base-revision': 'abc',
      'dev.kaito-sdk.config': '{"r":8}',
      'dev.kaito-sdk.datasets': '[{"name":"a.parquet","sha256":"00","rows":3}]',
      'dev.kaito-sdk.lora-rank': '8',
      'dev.kaito-sdk.method': 'qlora',
      'dev.kaito-sdk.metrics': '{"loss":0.5,"steps":40}',
      'sh.kaito.model.name': 'phi-3-mini-4k-instruct',
    });
  });

  it('gives the same image for the same files', async () => {
    expect((await push()).digest).to.equal((await push()).digest);
  });

  it('keeps the result when it is refused, and takes the Secret that somebody put right', async () => {
    secret('wrong');
    meanwhile = [() => {}, () => secret('hunter2')];
    const { pinned } = await push();
    expect(pinned).to.match(/@sha256:/);
    expect(said.map(({ event, facts }) => [event, facts.code])).to.deep.equal([
      ['push-failed', 'PUSH_UNAUTHORIZED'],
      ['push-failed', 'PUSH_UNAUTHORIZED'],
    ]);
    expect(JSON.stringify(said)).to.contain('It is kept').and.not.to.contain('hunter2');
  });

  it('waits for a Secret that is missing', async () => {
    rmSync(join(folder, 'secret', 'config.json'));
    meanwhile = [() => secret('hunter2')];
    await push();
    expect(said[0]?.facts).to.include({ code: 'PUSH_SECRET_MISSING' });
  });

  it('gives up in the end: a node is paid for while it holds the result', async () => {
    secret('wrong');
    const failure = await push().catch((error) => error);
    expect(failure).to.include({ code: 'PUSH_UNAUTHORIZED' });
    expect(now).to.be.within(5.5 * HOUR, 6 * HOUR);
  });

  it('pushes nothing that is not whole', async () => {
    rmSync(join(folder, 'results', 'adapter_model.safetensors'));
    expect(await push().catch((error) => error)).to.include({ code: 'ADAPTER_MISSING' });
    expect([...registry.manifests]).to.deep.equal([]);
  });

  it('is tried beforehand, with nothing that anybody would take for an image', async () => {
    await checkPush(task(), join(folder, 'secret'));
    expect([...registry.manifests]).to.deep.equal([]);
    secret('wrong');
    const failure = await checkPush(task(), join(folder, 'secret')).catch((error) => error);
    expect(failure).to.include({ code: 'PUSH_UNAUTHORIZED', final: true });
    expect(failure.message).not.to.contain('wrong');
  });

  describe('while the training runs beside it', () => {
    const state = (value: object) => writeFileSync(join(folder, 'state', 'training.json'), JSON.stringify(value));
    const sign = () => {
      writeFileSync(join(folder, 'state', 'alive'), '');
      utimesSync(join(folder, 'state', 'alive'), now / 1000, now / 1000);
    };

    it('waits until it is done', async () => {
      state({ state: 'running' });
      sign();
      meanwhile = [() => {}, () => state(training)];
      expect(await awaitTraining(join(folder, 'state'), around)).to.deep.equal(training);
    });

    it('has nothing to do when it failed', async () => {
      state({ state: 'failed', code: 'OUT_OF_MEMORY' });
      expect(await awaitTraining(join(folder, 'state'), around)).to.equal(undefined);
    });

    it('waits for as long as it gives signs of life', async () => {
      state({ state: 'running' });
      sign();
      meanwhile = Array.from({ length: 600 }, (_, i) => (i === 599 ? () => state(training) : sign));
      expect(await awaitTraining(join(folder, 'state'), around)).to.deep.equal(training);
    });

    it('does not wait for one that is dead', async () => {
      state({ state: 'running' });
      sign();
      expect(await awaitTraining(join(folder, 'state'), around).catch((error) => error)).to.include({
        code: 'TRAINER_GONE',
      });
      expect(now).to.be.at.most(HOUR / 4);
    });
  });
});

describe('the look-up of names', () => {
  it('refuses a name behind which there is a private address', (done) => {
    guardedLookup('localhost', {}, (error) => {
      expect(error?.message).to.match(/^localhost leads to .* is a loopback/);
      done();
    });
  });
});
