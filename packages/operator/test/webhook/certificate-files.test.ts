import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { type Clock, KaitoError, type Log, Metrics, silentLog, systemClock } from '@kaito-sdk/core';
import { renewed, WebhookServer } from '@kaito-sdk/operator';
import { expect } from 'chai';
import { useCertificateFiles } from '../../dist/webhook/certificate-files.js';

const NAME = 'hook.kaito.svc';

/** A clock on which the one task that waits is run by hand. A look has ended when the next one is put on it. */
class ManualClock implements Clock {
  private task: (() => void) | undefined;
  private told: (() => void) | undefined;
  waitedMs = 0;

  now(): number {
    return 0;
  }

  after(ms: number, task: () => void): () => void {
    this.waitedMs = ms;
    this.task = task;
    this.told?.();
    return () => {
      this.task = undefined;
    };
  }

  get waits(): boolean {
    return this.task !== undefined;
  }

  /** Runs the task, and resolves when it has put the next one on the clock. */
  async minuteLater(): Promise<void> {
    const next = new Promise<void>((resolve) => {
      this.told = resolve;
    });
    this.task?.();
    await next;
  }
}

describe('the certificate in a folder, as cert-manager keeps it', () => {
  let folder: string;
  let clock: ManualClock;
  let server: WebhookServer;
  let port: number;
  let stop: AbortController;
  let warnings: string[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaito-certificate-'));
    clock = new ManualClock();
    stop = new AbortController();
    warnings = [];
    server = new WebhookServer({ admissions: {}, clock: systemClock, log: silentLog, metrics: new Metrics() });
    port = await server.listen(0, '127.0.0.1');
  });
  afterEach(async () => {
    stop.abort();
    await server.close();
    await rm(folder, { recursive: true });
  });

  const pair = () => renewed(undefined, [NAME], systemClock.now());
  const put = async (parts: { readonly certificate?: string; readonly key?: string }): Promise<void> => {
    if (parts.certificate !== undefined) await writeFile(join(folder, 'tls.crt'), parts.certificate);
    if (parts.key !== undefined) await writeFile(join(folder, 'tls.key'), parts.key);
  };
  const log: Log = { ...silentLog, warn: (message) => void warnings.push(message) };
  const begin = () =>
    useCertificateFiles(folder, { clock, log, signal: stop.signal, use: (certificate) => server.use(certificate) });
  /** The certificate that a new connection is shown. */
  const served = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, servername: NAME, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate().fingerprint256);
        socket.destroy();
      });
      socket.on('error', reject);
    });
  const fingerprint = ({ certificate }: { readonly certificate: string }) =>
    new X509Certificate(certificate).fingerprint256;

  it('is served, and so is each later one, to connections that come after it', async () => {
    const [first, second] = [await pair(), await pair()];
    await put(first);
    await begin();
    expect(await served()).to.equal(fingerprint(first));
    await put(second);
    expect(await served()).to.equal(fingerprint(first));
    await clock.minuteLater();
    expect(await served()).to.equal(fingerprint(second));
    expect(clock.waitedMs).to.equal(60_000);
  });

  it('stays the old one while half of a new one is on the disk', async () => {
    const [first, second] = [await pair(), await pair()];
    await put(first);
    await begin();
    await put({ key: second.key });
    await clock.minuteLater();
    expect(await served()).to.equal(fingerprint(first));
    expect(warnings).to.deep.equal(['the certificate of the webhooks could not be read']);
    await put({ certificate: second.certificate });
    await clock.minuteLater();
    expect(await served()).to.equal(fingerprint(second));
  });

  it('stays the old one when the folder is gone for a while, and is looked for again', async () => {
    const [first, second] = [await pair(), await pair()];
    await put(first);
    await begin();
    await rm(join(folder, 'tls.crt'));
    await clock.minuteLater();
    expect(await served()).to.equal(fingerprint(first));
    await put(second);
    await clock.minuteLater();
    expect(await served()).to.equal(fingerprint(second));
  });

  it('is not looked at any more once the operator ends', async () => {
    await put(await pair());
    await begin();
    expect(clock.waits).to.equal(true);
    stop.abort();
    expect(clock.waits).to.equal(false);
  });

  it('is missed by the name of the folder, when there is none at the start', async () => {
    const error = await begin().catch((thrown: unknown) => thrown);
    expect(KaitoError.is(error) && error.code).to.equal('CERTIFICATE_FILES_MISSING');
    expect(String(error)).to.include(folder);
  });
});
