import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { main, temporaryFolder } from '../support/program.js';
import { phiWorkspace, World } from '../support/world.js';

describe('a command of kaito that is ended from outside', function () {
  this.timeout(60_000);
  const folder = temporaryFolder();

  /** The text of a stream up to where it matches. */
  const seen = (stream: NodeJS.ReadableStream, pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      let text = '';
      stream.on('data', (piece) => {
        text += piece;
        if (pattern.test(text)) resolve(text);
      });
      stream.on('close', () => reject(new Error(`it ended with ${text}`)));
    });
  const start = (...args: readonly string[]): ChildProcessWithoutNullStreams =>
    spawn(process.execPath, [main, ...args, '--kubeconfig', join(folder(), 'kubeconfig')]);

  describe('while a server says nothing', () => {
    let server: Server;
    const sockets: Socket[] = [];
    before(async () => {
      server = createServer((socket) => void sockets.push(socket));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const cluster = { name: 'c', cluster: { server: `https://127.0.0.1:${port}` } };
      const context = { name: 'c', context: { cluster: 'c', user: 'u' } };
      const config = {
        clusters: [cluster],
        contexts: [context],
        users: [{ name: 'u', user: {} }],
        'current-context': 'c',
      };
      await writeFile(join(folder(), 'kubeconfig'), JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...config }));
    });
    after(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });

    for (const [signal, code, args] of [
      ['SIGINT', 130, ['why', 'demo']],
      ['SIGTERM', 143, ['status']],
      ['SIGINT', 130, ['wait', 'demo']],
      ['SIGINT', 0, ['status', '-w']],
      ['SIGINT', 0, ['logs', 'demo', '-f']],
    ] as const) {
      it(`ends at ${signal} with ${code} and without a word: kaito ${args.join(' ')}`, async () => {
        const asked = once(server, 'connection');
        const child = start(...args);
        let said = '';
        for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
        await asked;
        child.kill(signal);
        expect([...(await once(child, 'close')), said]).to.deep.equal([code, null, '']);
      });
    }
  });

  describe('while it watches', () => {
    let world: World;
    before(async () => {
      world = await World.start();
      await writeFile(join(folder(), 'kubeconfig'), (await world.cluster.listen()).kubeconfig());
      await world.operate();
      await world.apply(phiWorkspace());
      await world.untilReady();
    });
    after(() => world?.stop());

    for (const args of [
      ['status', '-w'],
      ['status', 'demo', '-w', '-o', 'json'],
      ['logs', 'demo', '-f'],
    ]) {
      it(`ends at Ctrl-C with 0 and without a word: kaito ${args.join(' ')}`, async () => {
        const child = start(...args);
        let err = '';
        child.stderr.on('data', (text) => (err += text));
        await seen(child.stdout, /demo.*\n/);
        child.kill('SIGINT');
        expect([...(await once(child, 'close')), err]).to.deep.equal([0, null, '']);
      });

      it(`ends by itself when nobody reads on: kaito ${args.join(' ')}`, async () => {
        const child = start(...args);
        child.stdout.destroy();
        let err = '';
        child.stderr.on('data', (text) => (err += text));
        expect([...(await once(child, 'close')), err]).to.deep.equal([0, null, '']);
      });
    }
  });
});
