import { expect } from 'chai';
import { cleanUpSpaces } from '../../dist/server/clean-up-spaces.js';
import { Problem } from '../../dist/server/problem.js';
import { problemBody, problemStatus } from '../../dist/server/problem-body.js';

const flaws = [
  { path: ['messages', 0, 'role'], message: 'Input should be one of a, b', type: 'literal_error' },
  { path: [], message: 'Field required', type: 'missing' },
];

describe('a problem', () => {
  it("is told in FastAPI's form on KAITO's paths", () => {
    expect(problemBody('/chat', new Problem(400, 'no prompt'))).to.deep.equal({ detail: 'no prompt' });
    expect(problemBody('/chat', Problem.malformed(flaws))).to.deep.equal({
      detail: [
        { loc: ['body', 'messages', 0, 'role'], msg: 'Input should be one of a, b', type: 'literal_error' },
        { loc: ['body'], msg: 'Field required', type: 'missing' },
      ],
    });
  });

  it("is told in OpenAI's form below /v1, with the first flaw, as a 400", () => {
    const problem = Problem.malformed(flaws);
    expect(problemStatus('/v1/completions', problem)).to.equal(400);
    expect(problemStatus('/chat', problem)).to.equal(422);
    expect(problemBody('/v1/completions', problem)).to.deep.equal({
      error: {
        message: 'messages.0.role: Input should be one of a, b',
        type: 'invalid_request_error',
        param: 'messages.0.role',
        code: 'invalid_request',
      },
    });
  });

  const types: readonly (readonly [400 | 404 | 413 | 429 | 500 | 503, string])[] = [
    [400, 'invalid_request_error'],
    [404, 'not_found_error'],
    [413, 'invalid_request_error'],
    [429, 'rate_limit_error'],
    [500, 'server_error'],
    [503, 'server_error'],
  ];
  for (const [status, type] of types) {
    it(`with status ${status} is a ${type}`, () => {
      expect(problemBody('/v1/models', new Problem(status, 'x'))).to.deep.equal({
        error: { message: 'x', type, param: null, code: null },
      });
    });
  }
});

describe('cleaning up spaces', () => {
  it('joins what tokenizers part, as transformers does, and leaves the rest alone', () => {
    expect(cleanUpSpaces("I do n't know , but it 's fine . Is it ? We 've , they 're , I 'm !")).to.equal(
      "I don't know, but it's fine. Is it? We've, they're, I'm!",
    );
    expect(cleanUpSpaces('a: b; c-d')).to.equal('a: b; c-d');
  });
});
