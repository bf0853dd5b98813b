import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pushImage } from '@kaito-sdk/oci';
import { FakeRegistry, type ServedRegistry, serveRegistry } from '@kaito-sdk/oci/testing';
import { expect } from 'chai';
import { fetchData } from '../../dist/programs/fetch/fetch-data.js';
import type { Surroundings } from '../../dist/programs/surroundings.js';
import type { Task } from '../../dist/programs/task.js';

const auth = { kind: 'basic', username: 'tuner', password: 'hunter2' } as const;

describe('data from an image', () => {
  let registry: FakeRegistry;
  let served: ServedRegistry;
  let folder: string;
  const said: string[] = [];
  const around: Surroundings = {
    clock: { now: () => 0, after: () => () => {} },
    random: () => 0.5,
    say: (event, facts) => void said.push(JSON.stringify([event, facts])),
  };

  beforeEach(async () => {
    registry = new FakeRegistry();
    served = await serveRegistry(registry);
    folder = mkdtempSync(join(tmpdir(), 'fetch-'));
    mkdirSync(join(folder, 'pull'));
    const files = ['a.jsonl', 'more/b.jsonl'].map((name) => ({ path: `data/${name}`, from: { text: name } }));
    const other = { path: 'etc/passwd', from: { text: 'none of the data' } };
    for (const { from } of [...files, other]) writeFileSync(join(folder, from.text.replace('/', '-')), from.text);
    await pushImage({
      ref: `${served.host}/team/data:1`,
      files: [...files, other].map(({ path, from }) => ({
        path,
        from: { file: join(folder, from.text.replace('/', '-')) },
      })),
    });
    registry.login = auth;
    said.length = 0;
  });
  afterEach(async () => {
    await served.close();
    rmSync(folder, { recursive: true });
  });

  const secret = (name: string, password: string) => {
    mkdirSync(join(folder, 'pull', name));
    const text = Buffer.from(`tuner:${password}`).toString('base64');
    writeFileSync(
      join(folder, 'pull', name, 'config.json'),
      JSON.stringify({ auths: { [served.host]: { auth: text } } }),
    );
  };
  const fetchImage = (repository = 'team/data') => {
    const input = { image: `${served.host}/${repository}:1` };
    const task = { input, privateDataUrls: false, plainHttpRegistries: false } as unknown as Task;
    return fetchData(task, join(folder, 'out'), around, join(folder, 'pull'));
  };

  it('is what lies under /data of it, and nothing else', async () => {
    secret('0', 'hunter2');
    await fetchImage();
    expect(readFileSync(join(folder, 'out', 'more', 'b.jsonl'), 'utf8')).to.equal('more/b.jsonl');
    expect(readdirSync(join(folder, 'out')).sort()).to.deep.equal(['a.jsonl', 'more']);
  });

  it('replaces what an earlier pod left of it', async () => {
    secret('0', 'hunter2');
    mkdirSync(join(folder, 'out'));
    writeFileSync(join(folder, 'out', 'a.jsonl'), 'half');
    await fetchImage();
    expect(readFileSync(join(folder, 'out', 'a.jsonl'), 'utf8')).to.equal('a.jsonl');
  });

  it('is refused for good without credentials that the registry takes, and says nothing of those', async () => {
    secret('0', 'hunter3');
    const failure = await fetchImage().catch((error) => error);
    expect(failure).to.include({ code: 'DATA_IMAGE_UNAUTHORIZED', final: true });
    expect(failure.message + said.join()).not.to.match(/hunter/);
    expect(existsSync(join(folder, 'out', 'a.jsonl'))).to.equal(false);
  });

  it('is refused for good where there is no such image', async () => {
    secret('0', 'hunter2');
    expect(await fetchImage('team/absent').catch((error) => error)).to.include({ final: true });
  });

  it('is fetched from nowhere where it lies in a volume', async () => {
    const task = { input: { volume: true } } as unknown as Task;
    await fetchData(task, join(folder, 'out'), around, join(folder, 'pull'));
    expect(existsSync(join(folder, 'out'))).to.equal(false);
  });
});
