import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DevCluster } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { parse } from 'yaml';
import { commands } from '../dist/commands/index.js';
import { whyCommand } from '../dist/commands/why.js';
import { VERSION } from '../dist/version.js';
import { kaito, main, temporaryFolder } from './support/program.js';

describe('the kaito command', function () {
  this.timeout(30_000);
  const folder = temporaryFolder();

  it('lists its commands, on standard output when asked and with exit code 2 when not', async () => {
    const asked = await kaito(['--help']);
    expect([asked.code, asked.err]).to.deep.equal([0, '']);
    for (const { name } of commands) expect(asked.out).to.match(new RegExp(`^  ${name} `, 'm'));
    const bare = await kaito([]);
    expect([bare.code, bare.out]).to.deep.equal([2, '']);
  });

  it('names a command it does not know', async () => {
    const { code, err } = await kaito(['plna']);
    expect(code).to.equal(2);
    expect(err).to.match(/there is no command "plna"/);
  });

  it('explains a command with --help, each of them in a text that begins with how it is called', async () => {
    const { code, out } = await kaito(['why', '--help']);
    expect([code, out]).to.deep.equal([0, whyCommand.usage]);
    for (const { name, usage } of commands) expect(usage).to.match(new RegExp(`^Usage: kaito ${name}`));
  });

  it('tells its version, and the options of a command after the word help', async () => {
    for (const word of ['--version', 'version']) {
      const { code, out } = await kaito([word]);
      expect([code, out]).to.deep.equal([0, `${VERSION}\n`]);
    }
    expect(VERSION).to.match(/^\d+\.\d+\.\d+/);
    expect((await kaito(['help', 'plan'])).out).to.equal((await kaito(['plan', '--help'])).out);
  });

  it('has nothing to complain of when nobody reads on, as with | head', async () => {
    const child = spawn(process.execPath, [main, 'crds']);
    child.stdout.destroy();
    let err = '';
    child.stderr.on('data', (text) => (err += text));
    await once(child, 'close');
    expect(err).to.equal('');
  });

  it('says without a stack that there is no kubeconfig, and how to get along without one', async () => {
    const { code, err } = await kaito(['why', 'demo'], '', { HOME: folder(), KUBECONFIG: '' });
    expect([code, err]).to.deep.equal([
      1,
      'kaito why: nothing says which cluster to talk to: neither --kubeconfig nor KUBECONFIG names a kubeconfig, there is none at ~/.kube/config, ' +
        'and this is no pod of a cluster. Name one, or have kaito dev make a cluster in its own process (KUBECONFIG_MISSING)\n',
    ]);
  });

  it('says without a stack that a server refuses, or does not answer', async () => {
    const cluster = await DevCluster.start();
    try {
      const file = join(folder(), 'without-definitions');
      await writeFile(file, (await cluster.listen()).kubeconfig());
      const { code, err } = await kaito(['status', '--kubeconfig', file]);
      expect(code).to.equal(1);
      expect(err)
        .to.match(/^kaito status: GET .* was refused \(404/)
        .and.to.match(/Is the operator installed in this cluster\?/)
        .and.not.to.match(/\n {4}at /);
      await writeFile(file, (await readFile(file, 'utf8')).replace(/token: .*/, 'token: of-yesterday'));
      const stranger = await kaito(['status', '-w', '--kubeconfig', file]);
      expect(stranger.code).to.equal(1);
      expect(stranger.err).to.match(/was refused \(401 Unauthorized\).* have run out\n$/);
      await cluster.stop();
      const gone = await kaito(['status', '--kubeconfig', file]);
      expect(gone.err).to.match(/^kaito status: GET .* got no answer: .*ECONNREFUSED/);
      expect(gone.err).not.to.match(/\n {4}at /);
    } finally {
      await cluster.stop();
    }
  });

  it('says which cluster it cannot reach', async () => {
    const kubeconfig = join(folder(), 'kubeconfig');
    const { code, err } = await kaito(['run', '--kubeconfig', kubeconfig]);
    expect(code).to.equal(1);
    expect(err).to.match(/kubeconfig/);
  });

  it('prints a CRD without YAML anchors, which some tools do not read', async () => {
    const { code, out } = await kaito(['crds']);
    expect(code).to.equal(0);
    expect(out).to.not.match(/[&*]a\d+/);
    expect(parse(out)).to.deep.include({ kind: 'CustomResourceDefinition' });
  });
});
