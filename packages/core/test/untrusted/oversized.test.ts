import { admitWorkspace, type FieldError, formatFieldErrors, podLogs, type Transport } from '@kaito-sdk/core';
import { expect } from 'chai';
import { deepFreeze } from '../../dist/kube/freeze.js';
import { LineSplitter } from '../../dist/kube/line-splitter.js';
import { WorkloadProgress } from '../../dist/workspace/workload-progress.js';

/** As deep as an API server takes it. */
const DEEPEST = 10_000;
/** As long as an API server takes it, nearly. */
const LONGEST = 2 ** 20;

function nested(depth: number): unknown {
  return JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);
}

function inference(more: object, labels: object = { apps: 'demo' }) {
  return {
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: { name: 'demo' },
    resource: { labelSelector: { matchLabels: labels } },
    inference: more,
  };
}

function tuning(input: object, output: object = { image: 'a/b', imagePushSecret: 's' }) {
  const { inference: _, ...common } = inference({});
  return { ...common, tuning: { preset: { name: 'x' }, method: 'lora', input, output } };
}

// Each of these once took hours or ended in an exhausted stack: they end, or the runner's limit fails them.
describe('a Workspace as large as an API server takes it', () => {
  const fields = (errors: readonly FieldError[]) => errors.map(({ field, reason }) => `${field} ${reason}`);

  for (const letters of ['A', 'A_', '_', 'a-', 'a.', 'a/', ':', '@', 'ab__']) {
    it(`is judged when an image is a megabyte of "${letters}"`, () => {
      const image = letters.repeat(LONGEST / letters.length);
      const errors = admitWorkspace(tuning({ image }, { image, imagePushSecret: image }));
      expect(fields(errors)).to.include('tuning.input.image Invalid').and.include('tuning.output.image Invalid');
      expect(formatFieldErrors(errors).length).to.be.lessThan(5000);
    });
  }

  for (const url of [
    'a'.repeat(LONGEST),
    `https://${'a.'.repeat(LONGEST / 2)}`,
    `https://x/${'%41'.repeat(LONGEST / 3)}`,
  ]) {
    it(`is judged when an address is a megabyte that begins with ${url.slice(0, 12)}`, () => {
      expect(fields(admitWorkspace(tuning({ urls: [url] })))).to.deep.equal(['tuning.input.urls[0] Invalid']);
    });
  }

  it('is judged when the name of a Secret, a label and a strength are a megabyte long', () => {
    const long = 'A'.repeat(LONGEST);
    const adapters = [
      { source: { name: long, image: 'a/b', imagePullSecrets: [long] }, strength: '1'.repeat(LONGEST) },
    ];
    const errors = admitWorkspace(inference({ preset: { name: 'x' }, config: long, adapters }, { [long]: long }));
    expect(fields(errors)).to.include('inference.config Invalid');
    const told = formatFieldErrors(errors);
    expect(told.length, told.slice(0, 200)).to.be.lessThan(10_000);
  });

  it('is refused by name when it is nested too deeply to be followed', () => {
    const errors = admitWorkspace(inference({ template: { spec: nested(DEEPEST) } }));
    expect(formatFieldErrors(errors)).to.equal(
      'the object is nested more than 64 levels deep: no such object can be followed',
    );
  });

  it('is refused by name when it holds more values than anybody could read about', () => {
    const urls = Array.from({ length: 200_000 }, (_, index) => `x${index}`);
    expect(formatFieldErrors(admitWorkspace(tuning({ urls })))).to.match(/^the object holds more than 20000 values/);
  });

  it('is told of in twenty sentences, however much is wrong', () => {
    const urls = Array.from({ length: 5000 }, () => 'x');
    const errors = admitWorkspace(tuning({ urls }));
    expect(errors).to.have.length(100);
    expect(formatFieldErrors(errors)).to.match(/; and 80 more$/);
  });

  it('asks for no more nodes than one process can keep in mind, or is refused by name', () => {
    // A milliard of them, once planned, was a milliard of names in the memory of the one operator, again after each restart.
    const asked = (count: number) => {
      const { resource, ...rest } = inference({ preset: { name: 'x' } });
      return admitWorkspace({ ...rest, resource: { ...resource, count } });
    };
    expect(asked(1000)).to.deep.equal([]);
    for (const count of [1001, 1_000_000_000, Number.MAX_SAFE_INTEGER]) {
      expect(formatFieldErrors(asked(count))).to.equal(`resource.count: ${count} is invalid: must be 1000 or less`);
    }
  });

  it('stays editable when it was stored all the same, and is judged anew once it is smaller', () => {
    const huge = inference({ template: { spec: nested(DEEPEST) } });
    expect(admitWorkspace({ ...huge, metadata: { name: 'demo', labels: { a: 'b' } } }, huge)).to.deep.equal([]);
    const smaller = admitWorkspace(inference({ template: { spec: {} }, config: 'NO' }), huge);
    expect(fields(smaller)).to.deep.equal(['inference.config Invalid']);
  });

  it('gets into the cache with all others, however deep it is', () => {
    const frozen = deepFreeze({ items: [nested(DEEPEST)] });
    expect(Object.isFrozen(frozen.items[0])).to.equal(true);
  });
});

describe('a container that prints without end', () => {
  it('costs no more memory than its longest line may have, and is heard again from the next line on', () => {
    const lines = new LineSplitter(100);
    expect(lines.push('one\ntwo')).to.deep.equal(['one']);
    for (let i = 0; i < 1000; i++) expect(lines.push('x'.repeat(1000))).to.deep.equal([]);
    expect((lines as unknown as { rest: string }).rest.length).to.be.at.most(100);
    expect(lines.push('the end of it\nthree\n')).to.deep.equal(['three']);
    expect(lines.push(`${'y'.repeat(101)}\nfour\n`)).to.deep.equal(['four']);
  });

  it('has no limit where objects are read: one may be as long as the server lets it be', () => {
    const lines = new LineSplitter();
    lines.push('x'.repeat(LONGEST));
    expect(lines.push('\n').map(({ length }) => length)).to.deep.equal([LONGEST]);
  });

  it('is followed with that limit', async () => {
    async function* body() {
      for (let i = 0; i < 100; i++) yield 'x'.repeat(10_000);
      yield '\nheard\n';
    }
    const transport = { request: async () => ({ status: 200, headers: {}, body: body() }) } as unknown as Transport;
    const heard: string[] = [];
    const { signal } = new AbortController();
    for await (const line of podLogs(transport).follow({
      namespace: 'a',
      pod: 'b',
      container: 'c',
      tailLines: 1,
      signal,
    }))
      heard.push(line);
    expect(heard).to.deep.equal(['heard']);
  });

  it('has its last twenty events told, not a million', async () => {
    async function* print() {
      for (let i = 0; i < 10_000; i++) yield `line ${i}`;
    }
    const progress = new WorkloadProgress({
      logs: { follow: print },
      clock: { now: () => 0, after: () => () => undefined },
      wake: () => undefined,
    });
    const workspace = { metadata: { name: 'tune', namespace: 'default' } } as never;
    const status = { containerStatuses: [{ name: 'main', state: { running: {} } }] };
    const pods = [{ metadata: { name: 'p', namespace: 'default', uid: 'u' }, status }] as never;
    const logs = {
      containers: ['main'],
      read: (message: string) => ({ message, event: { type: 'Warning' as const, reason: 'Said' } }),
    };
    progress.of(workspace, pods, logs);
    for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve));
    const told = progress.of(workspace, pods, logs)?.told ?? [];
    expect(told.map(({ message }) => message)).to.deep.equal(Array.from({ length: 20 }, (_, i) => `line ${9980 + i}`));
  });
});
