import { kinds, type Script } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { aPod, World } from '../support/world.js';

describe('the logs of a pod that lives on a node', () => {
  let world: World;
  afterEach(() => world?.stop());

  const start = async (script: Script): Promise<void> => {
    world = await World.start({ script });
  };
  const ask = async (query = ''): Promise<{ readonly status: number; readonly text: string }> => {
    const path = `/api/v1/namespaces/default/pods/a/log${query}`;
    const { status, body } = await world.cluster.transport.request({ method: 'GET', path });
    let text = '';
    for await (const piece of body) text += piece;
    return { status, text };
  };
  const refusal = async (query = ''): Promise<string> => {
    const { status, text } = await ask(query);
    expect(status).to.equal(400);
    return JSON.parse(text).message;
  };
  /** Says which run it is, and fails after ten seconds. */
  const failing: Script = (_pod, _container, run) => ({ says: `run ${run}\n`, exit: { after: 10_000, code: 1 } });

  it('are those of the present run, and with previous those of the one before', async () => {
    await start(failing);
    await world.created(kinds.pods, aPod('a'));
    expect((await ask()).text).to.equal('run 0\n');
    expect(await refusal('?previous=true')).to.equal('previous terminated container "main" in pod "a" not found');
    await world.advance(11);
    expect((await ask()).text).to.equal('run 1\n');
    expect((await ask('?previous=true')).text).to.equal('run 0\n');
  });

  it('are those of the last run while the next is put off', async () => {
    await start(failing);
    await world.created(kinds.pods, aPod('a'));
    await world.advance(22);
    const status = (await world.get(kinds.pods, 'a')).status?.containerStatuses?.[0];
    expect(status?.state?.waiting?.reason).to.equal('CrashLoopBackOff');
    expect((await ask()).text).to.equal('run 1\n');
    expect((await ask('?previous=true')).text).to.equal('run 1\n');
  });

  it('have times where these are asked for, and can begin at one', async () => {
    await start(() => ({ says: 'hello\n' }));
    await world.created(kinds.pods, aPod('a'));
    expect((await ask('?timestamps=true')).text).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z hello\n$/);
    await world.advance(60);
    expect((await ask('?sinceSeconds=59')).text).to.equal('');
    expect((await ask('?sinceSeconds=61')).text).to.equal('hello\n');
    const since = new Date(world.clock.now()).toISOString();
    expect((await ask(`?sinceTime=${since}`)).text).to.equal('');
  });

  it('are not there before the container is, and the refusal says what it waits for', async () => {
    await start(() => ({ refuse: { refuse: 'image', message: 'not found' } }));
    await world.created(kinds.pods, aPod('a'));
    expect(await refusal()).to.equal('container "main" in pod "a" is waiting to start: image can\'t be pulled');
    await world.advance(2);
    expect(await refusal()).to.equal(
      'container "main" in pod "a" is waiting to start: trying and failing to pull image',
    );
  });
});
