import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeRequest, KubeResponse, Transport } from '@kaito-sdk/core';
import { expect } from 'chai';
import { parse } from 'yaml';
import { ask, chatCommand } from '../../dist/commands/chat.js';
import { statusCommand } from '../../dist/commands/status.js';
import { whyCommand } from '../../dist/commands/why.js';
import { UsageError } from '../../dist/usage-error.js';
import { failure, runCommand } from '../support/run-command.js';
import { phiWorkspace, World } from '../support/world.js';

describe('the commands that ask a cluster', function () {
  this.timeout(60_000);
  let world: World;
  let folder: string;
  let there: readonly string[];
  before(async () => {
    world = await World.start();
    folder = await mkdtemp(join(tmpdir(), 'kaito-cluster-'));
    const server = await world.cluster.listen();
    await writeFile(join(folder, 'kubeconfig'), server.kubeconfig());
    there = ['--kubeconfig', join(folder, 'kubeconfig')];
    await world.operate();
    await world.apply(phiWorkspace({ name: 'good' }));
    await world.untilReady('good');
    await world.apply(phiWorkspace({ name: 'bad', preset: 'phi-5' }));
    await world.apply(phiWorkspace({ name: 'new', instanceType: 'Standard_NC4as_T4_v3' }));
  });
  after(async () => {
    await world?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('why: says what is ready, exit code 0', async () => {
    const { code, out, err } = await runCommand(whyCommand, 'good', ...there);
    expect([code, err]).to.deep.equal([0, '']);
    expect(out).to.match(
      /^default\/good is ready for .*: phi-3-mini-4k-instruct on 1 x Standard_NC6s_v3 with preset-image\.$/m,
    );
    expect(out).to.match(/^next: Ask it something: kaito chat good -n default\.$/m);
  });

  it('look where the context points, as kubectl does, unless a namespace is named', async () => {
    const elsewhere = join(folder, 'elsewhere');
    const text = await readFile(join(folder, 'kubeconfig'), 'utf8');
    await writeFile(elsewhere, text.replace('namespace: default', 'namespace: team-a'));
    const listed = await runCommand(statusCommand, '--kubeconfig', elsewhere);
    expect(listed.out).to.equal('no Workspaces in namespace team-a\n');
    const missed = await runCommand(whyCommand, 'good', '--kubeconfig', elsewhere);
    expect(missed.err).to.match(/there is no Workspace team-a\/good/);
    expect((await runCommand(whyCommand, 'good', '--kubeconfig', elsewhere, '-n', 'default')).code).to.equal(0);
  });

  it('why: says what is refused, with the way out and what was told, exit code 1', async () => {
    const { code, out } = await runCommand(whyCommand, 'bad', ...there);
    expect(code).to.equal(1);
    expect(out).to.match(
      /^default\/bad is blocked for .* at Planned \(UnknownPreset\): inference\.preset\.name: There is no preset "phi-5"\.$/m,
    );
    expect(out).to.match(/^next: Did you mean .*phi-4/m);
    expect(out).to.match(/^told {8}2026-06-01T\S+ UnknownPreset: /m);
  });

  it('why: says what a new one waits for', async () => {
    const { code, out } = await runCommand(whyCommand, 'new', ...there);
    expect(code).to.equal(1);
    expect(out).to.match(
      /^default\/new is waiting for .* at NodeClaimReady \(NodeClaimNotReady\): 1 of 1 nodes not there yet/m,
    );
    expect(out).to.match(/^next: Nothing to do yet: machines take minutes/m);
  });

  it('why: gives the same to programs, as JSON and as YAML', async () => {
    const json = JSON.parse((await runCommand(whyCommand, 'bad', ...there, '-o', 'json')).out);
    expect(json).to.include({ namespace: 'default', name: 'bad', state: 'blocked', reason: 'UnknownPreset' });
    const yaml = parse((await runCommand(whyCommand, 'bad', ...there, '-o', 'yaml')).out);
    // The wall clock goes on between the two.
    expect({ ...yaml, sentence: '' }).to.deep.equal({ ...json, sentence: '' });
  });

  it('status: lists all of a namespace, with state, reason and price', async () => {
    const { code, out } = await runCommand(statusCommand, ...there);
    expect(code).to.equal(0);
    expect(out).to.match(/^NAMESPACE +NAME +INSTANCE +NODES +STATE +REASON +\$\/HOUR +AGE$/m);
    expect(out).to.match(/^default +good +Standard_NC6s_v3 +1 +ready +workspaceReady +3\.06 +\S+$/m);
    expect(out).to.match(/^default +bad +Standard_NC6s_v3 +0 +blocked +UnknownPreset +- +\S+$/m);
    expect((await runCommand(statusCommand, ...there, '-n', 'other')).out).to.equal(
      'no Workspaces in namespace other\n',
    );
    const all = JSON.parse((await runCommand(statusCommand, ...there, '-A', '-o', 'json')).out) as { name: string }[];
    expect(all.map(({ name }) => name)).to.have.members(['good', 'bad', 'new']);
  });

  it('status: tells the timeline of one, and what it costs', async () => {
    const { code, out } = await runCommand(statusCommand, 'good', ...there);
    expect(code).to.equal(0);
    expect(out).to.match(/^WHEN +TOOK +WHAT$/m);
    expect(out).to.match(/ [5-7]m\d\ds +nodes joined and ready$/m);
    expect(out).to.match(/^ready after \d+m\d\ds$/m);
    expect(out).to.match(/^cost: \$3\.06 an hour now, \$[\d.]+ so far, at list prices$/m);
    const waiting = (await runCommand(statusCommand, 'new', ...there)).out;
    expect(waiting).to.match(
      /^waiting for the nodes since \S+: NodeClaimNotReady; kaito why new -n default says more$/m,
    );
    const json = JSON.parse((await runCommand(statusCommand, 'good', ...there, '-o', 'json')).out);
    expect(json.happenings[0].what).to.equal('created');
    expect(json.cost.usdPerHour).to.equal(3.06);
  });

  for (const [command, args] of [
    [whyCommand, ['none']],
    [statusCommand, ['none']],
    [chatCommand, ['none', 'hello']],
  ] as const) {
    it(`${command.name}: names a Workspace that is not there, exit code 1`, async () => {
      const { code, out, err } = await runCommand(command, ...args, ...there);
      expect([code, out]).to.deep.equal([1, '']);
      expect(err).to.equal(`kaito ${command.name}: there is no Workspace default/none; kaito status lists them\n`);
    });
  }

  it('chat: does not ask a Workspace that is not ready, and says why', async () => {
    const { code, out, err } = await runCommand(chatCommand, 'bad', 'hello', ...there);
    expect([code, out]).to.deep.equal([1, '']);
    expect(err).to.match(/^kaito chat: default\/bad is blocked .*There is no preset "phi-5"\. Did you mean/);
  });

  for (const [command, args, message] of [
    [whyCommand, [], /which Workspace\? give its name/],
    [whyCommand, ['a', 'b'], /one Workspace at a time, not a, b/],
    [whyCommand, ['a', '-o', 'xml'], /--output takes table, json or yaml/],
    [statusCommand, ['a', '-A'], /--all-namespaces is for the list/],
    [chatCommand, [], /which Workspace\? give its name/],
    [chatCommand, ['a', ' '], /the prompt is empty/],
    [chatCommand, ['a', 'b', '--max-tokens', '0'], /--max-tokens takes a whole number, not "0"/],
    [chatCommand, ['a', 'b', '-o', 'yaml'], /--output takes text or json, not "yaml"/],
  ] as const) {
    it(`${command.name} ${args.join(' ')}: is wrong usage`, async () => {
      expect(await failure(command, ...args))
        .to.be.instanceOf(UsageError)
        .and.match(message);
    });
  }
});

describe('a question through the proxy of the API server', () => {
  /** Answers once, and keeps what it was asked. */
  function answering(status: number, body: string): Transport & { asked: KubeRequest[] } {
    const asked: KubeRequest[] = [];
    return {
      asked,
      request: async (request): Promise<KubeResponse> => {
        asked.push(request);
        return {
          status,
          headers: {},
          body: (async function* () {
            yield body.slice(0, 3);
            yield body.slice(3);
          })(),
        } as unknown as KubeResponse;
      },
    };
  }
  const question = { namespace: 'lab', name: 'demo', prompt: 'What is a GPU?' };

  it('is POST /chat of the Service, without the prompt in the answer', async () => {
    const transport = answering(200, '{"Result":" A processor. "}');
    expect(await ask(transport, { ...question, maxTokens: 40 })).to.deep.equal({ text: 'A processor.' });
    expect(transport.asked[0]).to.deep.include({
      method: 'POST',
      path: '/api/v1/namespaces/lab/services/demo:80/proxy/chat',
    });
    expect(JSON.parse(String(transport.asked[0]?.body))).to.deep.equal({
      prompt: 'What is a GPU?',
      return_full_text: false,
      generate_kwargs: { max_new_tokens: 40 },
    });
  });

  for (const [what, status, body, problem] of [
    ['a model that says why', 400, '{"detail":"too long"}', 'POST /chat answered 400: too long'],
    ['an engine with OpenAI manners', 429, '{"error":{"message":"busy"}}', 'POST /chat answered 429: busy'],
    ['an API server', 503, '{"kind":"Status","message":"no endpoints"}', 'POST /chat answered 503: no endpoints'],
    ['something else', 502, '<html>', 'POST /chat answered 502: <html>'],
    ['an answer that is none', 200, '{}', 'POST /chat answered 200: {}'],
  ] as const) {
    it(`tells what ${what} answered`, async () => {
      expect(await ask(answering(status, body), question)).to.deep.equal({ problem });
    });
  }
});
