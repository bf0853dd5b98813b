import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect, KaitoError, type KubeObject, RestClient, SECRETS, systemClock, WORKSPACES } from '@kaito-sdk/core';
import { expect } from 'chai';
import { devCommand } from '../dist/commands/dev.js';
import { failure } from './support/run-command.js';
import { phiWorkspace } from './support/world.js';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

describe('kaito dev', function () {
  this.timeout(60_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kaito-dev-test-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Starts it; answers the kubeconfig that it wrote, and how to end it. */
  async function dev(...args: readonly string[]) {
    const child = spawn(process.execPath, [main, 'dev', '--node-delay', '0', ...args]);
    let out = '';
    let err = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      err += text;
    });
    const closed = once(child, 'close') as Promise<[number | null]>;
    const kubeconfig = await new Promise<string>((resolve, reject) => {
      child.stdout.setEncoding('utf8').on('data', (text) => {
        out += text;
        const found = /^export KUBECONFIG=(.+)$/m.exec(out)?.[1];
        if (found !== undefined) resolve(found);
      });
      child.once('close', () => reject(new Error(`it ended: ${err}`)));
    });
    const stop = async () => {
      child.kill('SIGINT');
      return (await closed)[0];
    };
    return { kubeconfig, stop };
  }

  it('makes a Workspace ready on a simulated node, and cleans up on Ctrl-C', async () => {
    const { kubeconfig, stop } = await dev();
    const transport = await connect({ kubeconfig, clock: systemClock });
    const client = new RestClient({ transport, clock: systemClock, random: Math.random, fieldManager: 'test' });
    // KAITO's quick start asks for a machine that no cloud has any more.
    await client.create(WORKSPACES, phiWorkspace({ instanceType: 'Standard_NC6s_v3' }));
    await untilReady(client, 'demo');
    await transport.close?.();
    expect(await stop()).to.equal(0);
    expect(existsSync(kubeconfig), 'the file with the token').to.equal(false);
  });

  it('takes a tuning and the Workspace that serves its adapter to their end, as the guide shows them', async () => {
    const { kubeconfig, stop } = await dev();
    const transport = await connect({ kubeconfig, clock: systemClock });
    const client = new RestClient({ transport, clock: systemClock, random: Math.random, fieldManager: 'test' });
    const type = 'kubernetes.io/dockerconfigjson';
    const data = { '.dockerconfigjson': Buffer.from('{"auths":{}}').toString('base64') };
    await client.create(SECRETS, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'registry-push', namespace: 'default' },
      type,
      data,
    } as KubeObject);
    const preset = { name: 'phi-3-mini-4k-instruct' };
    const image = 'registry.example/team/adapter:1';
    await client.create(WORKSPACES, {
      ...phiWorkspace({ name: 'tune', instanceType: 'Standard_NC4as_T4_v3' }),
      inference: undefined,
      tuning: {
        preset,
        method: 'qlora',
        input: { urls: ['https://example.com/train.parquet'] },
        output: { image, imagePushSecret: 'registry-push' },
      },
    } as KubeObject);
    await client.create(WORKSPACES, {
      ...phiWorkspace({ name: 'tuned', instanceType: 'Standard_NC4as_T4_v3' }),
      inference: { preset, adapters: [{ source: { name: 'mine' }, tuning: { workspace: 'tune', follow: true } }] },
    } as KubeObject);
    const { adapters } = (await untilReady(client, 'tuned')) as { readonly adapters: readonly { image: string }[] };
    expect(adapters.map((adapter) => adapter.image.split('@')[0])).to.deep.equal([image]);
    await transport.close?.();
    expect(await stop()).to.equal(0);
  });

  it('is the cluster alone with --no-operator, its kubeconfig where it is asked for', async () => {
    const file = join(folder, 'kubeconfig');
    const { kubeconfig, stop } = await dev('--no-operator', '--kubeconfig', file);
    expect(kubeconfig).to.equal(file);
    const transport = await connect({ kubeconfig, clock: systemClock });
    const client = new RestClient({ transport, clock: systemClock, random: Math.random, fieldManager: 'test' });
    expect((await client.list(WORKSPACES)).items).to.deep.equal([]);
    await transport.close?.();
    expect(await stop()).to.equal(0);
    // Its own file of last time may be written over: it leads nowhere any more.
    const again = await dev('--no-operator', '--kubeconfig', file);
    expect(await again.stop()).to.equal(0);
  });

  it('never writes over the kubeconfig of other clusters', async () => {
    const file = join(folder, 'of-others');
    const others = 'apiVersion: v1\nkind: Config\nclusters: [{ name: mine, cluster: { server: "https://x" } }]\n';
    writeFileSync(file, others);
    const refused = await failure(devCommand, '--kubeconfig', file);
    expect(KaitoError.is(refused) && refused.code === 'DEV_KUBECONFIG_TAKEN').to.equal(true);
    expect(readFileSync(file, 'utf8')).to.equal(others);
  });

  it('says that a port is taken, and which', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const refused = await failure(devCommand, '--port', `${port}`, '--no-operator');
    taken.close();
    expect(refused.message).to.match(
      new RegExp(`^something listens on port ${port} of this machine already: name another`),
    );
    expect(KaitoError.is(refused) && refused.code === 'DEV_PORT_TAKEN').to.equal(true);
  });
});

/** Waits, and answers the status. */
async function untilReady(client: RestClient, name: string): Promise<object> {
  for (;;) {
    const { status = {} } = ((await client.get(WORKSPACES, 'default', name)) ?? {}) as { readonly status?: object };
    const { conditions = [] } = status as { readonly conditions?: readonly { type: string; status: string }[] };
    if (conditions.some((one) => one.type === 'WorkspaceReady' && one.status === 'True')) return status;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
