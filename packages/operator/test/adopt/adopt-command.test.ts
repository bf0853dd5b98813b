import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { adoptCommand } from '../../dist/commands/adopt.js';
import { UsageError } from '../../dist/usage-error.js';
import { KaitoWorld } from '../support/kaito-world.js';
import { type CommandRun, failure, runCommand } from '../support/run-command.js';

describe('kaito adopt', function () {
  this.timeout(60_000);
  let kaito: KaitoWorld;
  let folder: string;
  let there: readonly string[];
  beforeEach(async () => {
    kaito = await KaitoWorld.start();
    folder = await mkdtemp(join(tmpdir(), 'kaito-adopt-'));
    const server = await kaito.world.cluster.listen();
    await writeFile(join(folder, 'kubeconfig'), server.kubeconfig());
    there = ['--kubeconfig', join(folder, 'kubeconfig')];
    await kaito.serves({ name: 'phi', kind: 'StatefulSet' });
  });
  afterEach(async () => {
    await kaito?.world.stop();
    await rm(folder, { recursive: true, force: true });
  });
  /** The command waits by the clock of this machine, the cluster's controllers by their own. */
  const applied = async (...args: readonly string[]): Promise<CommandRun> => {
    let running = true;
    const run = runCommand(adoptCommand, '--apply', ...there, ...args).finally(() => {
      running = false;
    });
    run.catch(() => undefined);
    while (running) {
      await kaito.world.clock.advance(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return run;
  };

  it('shows what would change, field by field, and that nothing was', async () => {
    const { code, out, err } = await runCommand(adoptCommand, ...there);
    expect([code, err]).to.deep.equal([0, '']);
    expect(out).to.match(/^change {6}StatefulSet default\/phi: keeps its kind and its pods until the Workspace asks/m);
    expect(out).to.match(/^ {14}metadata\.labels\.kaito\.sh\/workspace: \(none\) -> phi$/m);
    expect(out).to.match(/^ {14}metadata\.managedFields: \[.*"manager Update".*\] -> \[.*"kaito-sdk Apply".*\]$/m);
    expect(out).to.match(
      /^delete {6}ValidatingWebhookConfiguration validation\.workspace\.kaito\.sh: its policy is Fail/m,
    );
    expect(out).to.match(/^change {6}Deployment kaito-workspace\/kaito-workspace: .*\n {14}spec\.replicas: 1 -> 0$/m);
    expect(out).to.match(/^2 objects stay as they are, pods among them; --all lists them$/m);
    expect(out).to.match(/\nnothing was changed; kaito adopt --apply does it\n$/);
    expect((await runCommand(adoptCommand, '--all', ...there)).out).to.match(/^stays {7}Pod default\/phi-0: runs on$/m);
  });

  it('does it, tells each step, and what comes next; once more there is nothing left to do', async () => {
    const before = await kaito.living();
    const first = await applied();
    expect([first.code, first.err]).to.deep.equal([0, '']);
    expect(first.out).to.match(/^change {6}Secret kaito-workspace\/sh\.helm\.release\.v1\.kaito-workspace\.v1: /);
    expect(first.out).to.match(/\nnext: helm uninstall/);
    expect(await kaito.living()).to.deep.equal(before);
    expect((await applied()).out).to.match(/^nothing was left to do$/m);
    expect((await runCommand(adoptCommand, ...there)).out).to.match(/^nothing to change$/m);
  });

  it('gives the same to programs, exit code 1 when something stands in the way', async () => {
    const good = JSON.parse((await runCommand(adoptCommand, '-o', 'json', ...there)).out);
    expect(good.obstacles).to.deep.equal([]);
    expect(good.changes[0]).to.deep.include({ action: 'update' }).and.to.have.keys('object', 'action', 'why', 'fields');
    await kaito.serves({ name: 'llama', kind: 'StatefulSet', preset: 'llama-3.1-8b-instruct' });
    const { code, out, err } = await runCommand(adoptCommand, '-o', 'json', ...there);
    expect(code).to.equal(1);
    expect(JSON.parse(out).obstacles[0].object).to.include({ kind: 'Workspace', name: 'llama' });
    expect(err).to.equal('kaito adopt: one thing stands in the way, so nothing is taken over\n');
    const text = await runCommand(adoptCommand, '--apply', ...there);
    expect(text.code).to.equal(1);
    expect(text.out).to.match(/^in the way {2}Workspace default\/llama: this operator would not run it: .*\n {12}\S/m);
    expect(text.out).not.to.include('--apply does it');
  });

  it('takes a whole cluster', async () => {
    expect(await failure(adoptCommand, 'phi', ...there)).to.be.instanceOf(UsageError);
  });
});
