import { expect } from 'chai';
import { AnswerBody } from '../../../dist/kube/http/answer-body.js';

describe('the body of an answer', () => {
  let said: string[];
  let body: AnswerBody;

  beforeEach(() => {
    said = [];
    body = new AnswerBody({
      pause: () => said.push('pause'),
      resume: () => said.push('resume'),
      abandon: () => said.push('abandon'),
    });
  });

  it('hands out what has arrived in one piece, and waits for the rest', async () => {
    body.push('a');
    body.push('b');
    expect(await body.next()).to.deep.equal({ done: false, value: 'ab' });
    const next = body.next();
    body.push('c');
    expect(await next).to.deep.equal({ done: false, value: 'c' });
    const last = body.next();
    body.end();
    expect((await last).done).to.equal(true);
    expect((await body.next()).done).to.equal(true);
    expect(said).to.deep.equal([]);
  });

  it('holds the source up when nobody reads, and lets it go on when somebody does', async () => {
    const piece = 'x'.repeat(600_000);
    for (let i = 0; i < 3; i++) body.push(piece);
    expect(said).to.deep.equal(['pause']);
    expect((await body.next()).value).to.have.length(1_800_000);
    expect(said).to.deep.equal(['pause', 'resume']);
  });

  it('fails after what arrived before has been read', async () => {
    body.push('a');
    body.fail(new Error('reset'));
    body.end();
    expect((await body.next()).value).to.equal('a');
    for (let i = 0; i < 2; i++) expect(await body.next().catch(String)).to.equal('Error: reset');
  });

  it('says so when its reader leaves early, and not when it leaves at the end', async () => {
    body.push('a');
    for await (const _ of body) break;
    expect(said).to.deep.equal(['abandon']);
    expect((await body.next()).done).to.equal(true);
    const read = new AnswerBody({
      pause: () => said.push('p'),
      resume: () => said.push('r'),
      abandon: () => said.push('a'),
    });
    read.end();
    for await (const _ of read);
    await read.return();
    expect(said).to.deep.equal(['abandon']);
  });
});
