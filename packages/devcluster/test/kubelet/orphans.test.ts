import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kinds } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { gone, isAlive, isReady, scripted, startReal, untilPod } from '../support/programs.js';

/** A program that obeys nobody: it ignores SIGTERM and the end of its input, and has a child of the same kind. */
const stubborn = `
  process.on('SIGTERM', () => {});
  const child = require('child_process').spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"], { stdio: 'ignore' });
  console.log(process.pid + ' ' + child.pid);
  setInterval(() => {}, 1000);`;

async function pidsIn(body: AsyncIterable<string>): Promise<number[]> {
  for await (const text of body) return text.trim().split(' ').map(Number);
  return [];
}

describe('what a cluster leaves behind', function () {
  this.slow(4_000);

  it('is no process and no file when it is stopped, however stubborn the pods are', async () => {
    const home = mkdtempSync(join(tmpdir(), 'orphans-'));
    const before = process.env.TMPDIR;
    process.env.TMPDIR = home;
    const cluster = await startReal();
    await cluster.client.create(kinds.pods, scripted('a', stubborn, {}, { volumes: [{ name: 'v', emptyDir: {} }] }));
    await untilPod(cluster, 'a', isReady);
    const { body } = await cluster.transport.request({
      method: 'GET',
      path: '/api/v1/namespaces/default/pods/a/log?follow=true',
    });
    const pids = await pidsIn(body);
    expect(pids.map(isAlive)).to.deep.equal([true, true]);
    expect(readdirSync(home)).to.have.length(1);
    await cluster.stop();
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    for (const pid of pids) await gone(pid);
    expect(readdirSync(home)).to.deep.equal([]);
    rmSync(home, { recursive: true });
  });

  it('is nothing more when it is stopped twice', async () => {
    const cluster = await startReal();
    await Promise.all([cluster.stop(), cluster.stop()]);
    await cluster.stop();
  });

  it('is no process and no file when it is stopped while pods are starting', async () => {
    const home = mkdtempSync(join(tmpdir(), 'orphans-'));
    const before = process.env.TMPDIR;
    process.env.TMPDIR = home;
    const cluster = await startReal();
    for (let i = 0; i < 10; i++) await cluster.client.create(kinds.pods, scripted(`p${i}`, stubborn));
    await untilPod(cluster, 'p0', (pod) => pod?.spec.nodeName !== undefined);
    await cluster.stop();
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    expect(readdirSync(home)).to.deep.equal([]);
    rmSync(home, { recursive: true });
  });

  it('is no process and no file even when its own process is killed', async () => {
    const home = mkdtempSync(join(tmpdir(), 'orphans-'));
    const code = `
      import { scripted, startReal, untilPod, isReady } from ${JSON.stringify(new URL('../support/programs.js', import.meta.url).href)};
      const cluster = await startReal();
      await cluster.client.create({ group: '', version: 'v1', plural: 'pods' }, scripted('a', ${JSON.stringify(stubborn)}));
      await untilPod(cluster, 'a', isReady);
      const { body } = await cluster.transport.request({ method: 'GET', path: '/api/v1/namespaces/default/pods/a/log?follow=true' });
      for await (const text of body) process.stdout.write(text);`;
    const host = spawn(process.execPath, ['--input-type=module', '-e', code], {
      env: { ...process.env, TMPDIR: home },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pids = await pidsIn(host.stdout.setEncoding('utf8'));
    expect(pids.map(isAlive)).to.deep.equal([true, true]);
    host.kill('SIGKILL');
    await once(host, 'exit');
    for (const pid of pids) await gone(pid);
    while (existsSync(home) && readdirSync(home).length > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    rmSync(home, { recursive: true });
  });
});
