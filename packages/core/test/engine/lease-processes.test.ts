import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CONFIG_MAPS, HttpsTransport, LEASES, RestClient, systemClock } from '@kaito-sdk/core/engine';
import { expect } from 'chai';

/** A process of these tests, and what it has said so far. */
class Spoken {
  readonly lines: Record<string, unknown>[] = [];
  readonly child: ChildProcess;
  private err = '';

  constructor(script: string, ...args: string[]) {
    const path = fileURLToPath(new URL(`./support/${script}.js`, import.meta.url));
    this.child = spawn(process.execPath, [path, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stderr?.on('data', (text) => {
      this.err += text;
    });
    if (this.child.stdout)
      createInterface({ input: this.child.stdout }).on('line', (line) => this.lines.push(JSON.parse(line)));
  }

  async says(
    field: string,
    more: (line: Record<string, unknown>) => boolean = () => true,
  ): Promise<Record<string, unknown>> {
    for (;;) {
      const line = this.lines.find((one) => field in one && more(one));
      if (line !== undefined) return line;
      if (this.child.exitCode !== null) throw new Error(`it ended with ${this.child.exitCode}: ${this.err}`);
      await pause(20);
    }
  }

  async end(): Promise<void> {
    const closed = new Promise((resolve) => this.child.once('close', resolve));
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGKILL');
      await closed;
    }
  }
}

describe('of two processes with a lease', function () {
  this.timeout(60_000);
  const processes: Spoken[] = [];
  let client: RestClient;
  let where: string[];

  function begin(script: string, ...args: string[]): Spoken {
    const made = new Spoken(script, ...args);
    processes.push(made);
    return made;
  }

  beforeEach(async () => {
    const { url, token, ca } = (await begin('lease-server').says('url')) as Record<string, string>;
    where = [url ?? '', token ?? '', ca ?? ''];
    const access = {
      server: url ?? '',
      credentials: async () => ({ headers: { authorization: `Bearer ${token}` }, tls: { ca: ca ?? '' } }),
    };
    client = new RestClient({
      transport: new HttpsTransport({ access, clock: systemClock }),
      clock: systemClock,
      random: Math.random,
    });
  });
  afterEach(async () => {
    for (const one of processes.splice(0)) await one.end();
  });

  const holder = async () =>
    (await client.get(LEASES, 'default', 'lease'))?.spec as { holderIdentity?: string } | undefined;
  async function held(by: string): Promise<void> {
    while ((await holder())?.holderIdentity !== by) await pause(20);
  }
  /** How far each has come, in the server's own count of changes. */
  async function last(writer: string): Promise<number> {
    const { items } = await client.list(CONFIG_MAPS, { namespace: 'default', labelSelector: `writer=${writer}` });
    return Math.max(0, ...items.map(({ metadata }) => Number(metadata.resourceVersion)));
  }

  for (const mode of ['loop', 'thread']) {
    it(`one that was paused past its lease writes nothing after the other took over, and stops (${mode})`, async () => {
      const first = begin('lease-holder', 'first', mode, ...where);
      await first.says('written');
      const second = begin('lease-holder', 'second', mode, ...where);
      await second.says('standby');

      first.child.stdin?.write('pause\n');
      await held('second');
      const takenOverAt = Number((await client.get(LEASES, 'default', 'lease'))?.metadata.resourceVersion);
      await second.says('written');
      first.child.kill('SIGCONT');
      expect((await first.says('stopped')).stopped).to.match(/lease default\/lease was lost/);
      expect(await last('first')).to.be.lessThan(takenOverAt);
      expect(await last('second')).to.be.greaterThan(takenOverAt);
    });
  }

  it('one whose event loop is busy for longer than the lease keeps it, when a thread renews it', async () => {
    const first = begin('lease-holder', 'first', 'thread', ...where);
    await first.says('written');
    const second = begin('lease-holder', 'second', 'thread', ...where);
    await second.says('standby');

    first.child.stdin?.write('3500\n');
    await first.says('busyForMs');
    expect(await holder()).to.include({ holderIdentity: 'first' });
    const before = first.lines.length;
    while (first.lines.length === before) await pause(20);
    expect(first.lines.at(-1)).to.have.property('written');
    expect(await last('second')).to.equal(0);
  });

  it('one whose event loop hangs for good lets the other in, though a thread could renew for ever', async () => {
    const first = begin('lease-holder', 'first', 'thread-2500', ...where);
    await first.says('written');
    begin('lease-holder', 'second', 'thread', ...where);
    first.child.stdin?.write('60000\n');
    await held('second');
  });
});
