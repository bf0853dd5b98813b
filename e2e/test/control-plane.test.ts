import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { connect, LEASES, NAMESPACES, RestClient, systemClock } from '@kaito-sdk/core';
import { expect } from 'chai';
import { ControlPlane } from '../dist/control-plane.js';
import { eventually } from '../dist/eventually.js';
import { freePorts } from '../dist/free-ports.js';
import { ProcessGroup } from '../dist/process-group.js';

describe('the control plane of these tests', () => {
  it('answers kubectl and the SDK, in the version that it was built from, and is gone after its stop', async () => {
    const plane = await ControlPlane.start();
    try {
      const version = JSON.parse((await plane.kubectl(['version', '-o', 'json'])).out);
      expect(version.serverVersion.gitVersion).to.equal(version.clientVersion.gitVersion);

      const transport = await connect({ clock: systemClock, kubeconfig: plane.kubeconfig });
      const client = new RestClient({ transport, clock: systemClock, random: Math.random });
      expect((await client.get(NAMESPACES, undefined, 'default'))?.status).to.deep.equal({ phase: 'Active' });
      await transport.close?.();
    } finally {
      await plane.stop();
    }
    expect(existsSync(dirname(plane.kubeconfig))).to.equal(false);
    expect(await unused(Number(new URL(plane.url).port)), 'its port').to.equal(true);
  });

  it('refuses a stranger', async () => {
    const plane = await ControlPlane.start();
    try {
      const transport = plane.connect('not-a-token');
      const client = new RestClient({ transport, clock: systemClock, random: Math.random });
      const refusal = await client.list(LEASES).catch((error: unknown) => error);
      expect(refusal).to.have.property('code', 401);
      await transport.close?.();
    } finally {
      await plane.stop();
    }
  });

  it('leaves nothing behind when the process that started it is killed', async () => {
    const module = new URL('../dist/process-group.js', import.meta.url).href;
    const script = `
      const { ProcessGroup } = await import(${JSON.stringify(module)});
      const group = new ProcessGroup('kaito-e2e-orphans-');
      const member = group.start('sleeper', process.execPath, ['-e', 'console.log(process.pid); setInterval(() => {}, 1e6)']);
      const { readFileSync } = await import('node:fs');
      const told = setInterval(() => {
        const pid = readFileSync(member.log, 'utf8').trim();
        if (pid !== '') { console.log(JSON.stringify({ pid: Number(pid), folder: group.folder })); clearInterval(told); }
      }, 20);
    `;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const { pid, folder } = JSON.parse(
      await new Promise<string>((resolve) => parent.stdout.setEncoding('utf8').once('data', resolve)),
    );
    expect(alive(pid)).to.equal(true);
    parent.kill('SIGKILL');
    await eventually(() => {
      expect(alive(pid), 'the program').to.equal(false);
      expect(existsSync(folder), 'its folder').to.equal(false);
    });
  });

  it('says which program has ended, and its last words', async () => {
    const group = new ProcessGroup('kaito-e2e-failing-');
    const member = group.start('clumsy', process.execPath, ['-e', 'console.error("no port left"); process.exit(3)']);
    await member.gone;
    expect(() => group.check()).to.throw(/^clumsy has ended \(exit 3\); its last words:\nno port left$/);
    await group.stop();
  });

  it('says so too of a program that is not there', async () => {
    const group = new ProcessGroup('kaito-e2e-missing-');
    const member = group.start('absent', '/nowhere/absent', []);
    await member.gone;
    expect(() => group.check()).to.throw(/^absent has ended \(spawn \/nowhere\/absent ENOENT\)/);
    await group.stop();
  });

  it('gives different ports', async () => {
    const ports = await freePorts(20);
    expect(new Set(ports).size).to.equal(20);
  });
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function unused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
