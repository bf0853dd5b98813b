import { chatSuite } from '@kaito-sdk/inference-server/chat-suite';
import { expect } from 'chai';
import { type Served, served, tinyEngine } from './support/served.js';

describe('POST /chat of the inference server', () => {
  let here: Served;
  before(async () => {
    here = await served(await tinyEngine());
  });
  after(() => here.stop());

  for (const { title, run } of chatSuite) it(title, () => run(here.url));
});

describe('the /chat suite', () => {
  it('has a title of its own for each case', () => {
    const titles = chatSuite.map(({ title }) => title);
    expect(new Set(titles).size).to.equal(titles.length);
  });

  it('finds fault with a server that has no /chat', async () => {
    const without = await served(await tinyEngine(), { serves: (path) => path !== '/chat' });
    const failures: string[] = [];
    for (const { title, run } of chatSuite) await run(without.url).catch(() => failures.push(title));
    await without.stop();
    expect(failures).to.deep.equal(chatSuite.map(({ title }) => title));
  });
});
