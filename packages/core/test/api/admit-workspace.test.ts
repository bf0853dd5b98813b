import { expect } from 'chai';
import { admitWorkspace } from '../../dist/api/index.js';
import { formatFieldErrors } from '../../dist/resource/index.js';
import { aTuning, aWorkspace, cases } from './workspace-cases.js';

const say = (object: unknown, old?: unknown): string => formatFieldErrors(admitWorkspace(object, old));

describe('admitWorkspace', () => {
  it('says in one sentence what is wrong, why, and what to do', () => {
    expect(say(aWorkspace({ inference: undefined }))).to.equal(
      'inference is required: exactly one of inference and tuning must be set and neither is: name a model in inference.preset.name to serve it, or in tuning.preset.name to tune it',
    );
    expect(say(aTuning({}, { inference: { preset: { name: 'x' } } }))).to.equal(
      'tuning is forbidden: exactly one of inference and tuning must be set and both are: remove one, or put each into a Workspace of its own',
    );
    expect(say(aTuning(), aWorkspace())).to.equal(
      'tuning is forbidden: a Workspace for inference cannot become one for tuning: delete the Workspace and apply it again, or give the new one another name',
    );
    expect(say(aWorkspace({ resource: { count: 0, labelSelector: { matchLabels: { a: 'b' } } } }))).to.equal(
      'resource.count: 0 is invalid: must be 1 or more',
    );
    expect(say(aWorkspace({ resource: undefined }))).to.equal(
      'resource is required: the nodes to run on: labelSelector.matchLabels and instanceType',
    );
    expect(
      say(aTuning({ output: { image: 'REGISTRY_HERE.example.com/IMAGE_HERE:1', imagePushSecret: 's' } })),
    ).to.contain('this looks like a placeholder that is still to be filled in');
    expect(say(aTuning({ method: 'full' }))).to.equal('tuning.method: "full" is not supported: must be lora or qlora');
  });

  it('ends no message with a full stop, breaks no line and leaves none empty', () => {
    for (const { name, object, old } of cases) {
      for (const { message } of admitWorkspace(object, old)) expect(message, name).to.match(/^\S.*[^.\s]$/);
    }
  });

  it('reports everything at once, and each thing once', () => {
    const errors = admitWorkspace(
      aWorkspace({
        metadata: { name: 'Bad_Name' },
        resource: { count: 0, labelSelector: { matchLabels: { apps: 'w' } } },
        inference: { preset: { name: 'x' }, config: 'No Such', adapters: [{ strength: '2' }] },
      }),
    );
    expect(errors.map(({ field }) => field).sort()).to.deep.equal([
      'inference.adapters[0].source',
      'inference.adapters[0].strength',
      'inference.config',
      'metadata.name',
      'resource.count',
    ]);
  });

  it('keeps an accepted Workspace editable, whatever rules came since', () => {
    const wrong = aWorkspace({ metadata: { name: '0.bad' }, inference: { preset: { name: 'x' }, adapters: [{}] } });
    const labelled = { ...wrong, metadata: { name: '0.bad', labels: { team: 'a' } } };
    expect(admitWorkspace(wrong)).to.have.length(2);
    expect(admitWorkspace(labelled, wrong)).to.deep.equal([]);
    const worse = { ...labelled, resource: { count: 0, labelSelector: { matchLabels: { apps: 'w' } } } };
    expect(admitWorkspace(worse, wrong).map(({ field }) => field)).to.deep.equal(['resource.count']);
  });

  it('lets go of a Workspace that is being deleted, or its finalizers could never be removed', () => {
    const leaving = aTuning({ method: 'full' }, { metadata: { name: 'w', deletionTimestamp: '2026-01-01T00:00:00Z' } });
    expect(admitWorkspace(leaving, aWorkspace())).to.deep.equal([]);
  });

  it('lets a test bed fetch its data from a private address', () => {
    const local = aTuning({ input: { urls: ['http://127.0.0.1:8000/data.parquet'] } });
    expect(admitWorkspace(local)).to.have.length(1);
    expect(admitWorkspace(local, undefined, { privateDataUrls: 'allow' })).to.deep.equal([]);
  });

  it('admits a name that the server is still to make up', () => {
    expect(admitWorkspace(aWorkspace({ metadata: { generateName: 'w-' } }))).to.deep.equal([]);
  });

  it('changes nothing in what it is given', () => {
    for (const { name, object, old } of cases) {
      const before = JSON.stringify([object, old]);
      admitWorkspace(freeze(object), freeze(old));
      expect(JSON.stringify([object, old]), name).to.equal(before);
    }
  });

  it('never throws, whatever stands in a Workspace or was stored before', () => {
    const next = random(7);
    const junk = [
      null,
      undefined,
      0,
      -1,
      1.5,
      '',
      'x',
      true,
      [],
      {},
      [null],
      { a: 1 },
      'http://[',
      '\u0000',
      Number.NaN,
    ];
    const seeds = cases.flatMap(({ object, old }) => [object, old ?? object]);
    for (let round = 0; round < 5000; round += 1) {
      const pick = (): unknown => spoil(seeds[Math.floor(next() * seeds.length)], junk, next);
      const [object, old] = [pick(), next() < 0.5 ? undefined : pick()];
      expect(() => admitWorkspace(object, old), JSON.stringify([object, old])).not.to.throw();
    }
  });
});

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(freeze);
  return Object.freeze(value);
}

/** A copy with some of its parts replaced by junk. */
function spoil(value: unknown, junk: readonly unknown[], next: () => number): unknown {
  if (next() < 0.08) return junk[Math.floor(next() * junk.length)];
  if (Array.isArray(value)) return value.map((each) => spoil(each, junk, next));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, spoil(each, junk, next)]));
}

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
