import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Failure } from '../../dist/programs/failure.js';
import { type DownloadOptions, digestOf, download } from '../../dist/programs/fetch/download.js';
import { fileNames } from '../../dist/programs/fetch/file-names.js';

const CONTENT = Buffer.from('0123456789'.repeat(10_000));

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const whole: Answer = (_request, response) =>
  void response.writeHead(200, { 'content-length': CONTENT.length, etag: '"1"' }).end(CONTENT);
const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    void response.writeHead(code, headers).end();
const rest: Answer = (request, response) => {
  const from = Number(/bytes=(\d+)-/.exec(String(request.headers.range))?.[1]);
  response.writeHead(206, { 'content-length': CONTENT.length - from, etag: '"1"' }).end(CONTENT.subarray(from));
};

describe('a download', () => {
  let folder: string;
  let server: Server;
  let url: string;
  let answers: Answer[];
  let asked: IncomingMessage[];
  const waits: number[] = [];
  const said: string[] = [];

  before((done) => {
    server = createServer((request, response) => {
      asked.push(request);
      (answers.shift() ?? whole)(request, response);
    }).listen(0, '127.0.0.1', done);
  });
  after(() => void server.close());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'download-'));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    answers = [];
    asked = [];
    waits.length = 0;
    said.length = 0;
  });
  afterEach(() => {
    server.closeAllConnections();
    rmSync(folder, { recursive: true });
  });

  const around = {
    clock: {
      now: () => 0,
      after: (ms: number, task: () => void) => {
        waits.push(ms);
        setImmediate(task);
        return () => {};
      },
    },
    random: () => 1,
    say: (_event: string, facts: Readonly<Record<string, unknown>> = {}) => void said.push(JSON.stringify(facts)),
  };
  const run = (address: string, more: Partial<DownloadOptions> = {}) =>
    download(address, { folder, name: 'data', private: true, ...more }, around);
  const failure = async (address: string, more: Partial<DownloadOptions> = {}): Promise<Failure> => {
    try {
      await run(address, more);
    } catch (error) {
      if (error instanceof Failure) return error;
      throw error;
    }
    throw new Error('it did not fail');
  };
  /** Breaks off after so many bytes, when they have arrived: what is on its way is lost with the connection. */
  const cut =
    (after: number, from = 0): Answer =>
    (_request, response) => {
      response.writeHead(from === 0 ? 200 : 206, { 'content-length': CONTENT.length - from, etag: '"1"' });
      response.write(CONTENT.subarray(from, from + after));
      const breakOff = () => {
        const { size = 0 } = statSync(join(folder, 'data.part'), { throwIfNoEntry: false }) ?? {};
        if (size >= from + after) response.destroy();
        else setImmediate(breakOff);
      };
      breakOff();
    };
  const got = () => readFileSync(join(folder, 'data')).equals(CONTENT);

  it('comes whole, with its digest', async () => {
    const { bytes, sha256 } = await run(url);
    expect(bytes).to.equal(CONTENT.length);
    expect(sha256).to.equal(await digestOf(join(folder, 'data')));
    expect(got()).to.equal(true);
  });

  it('is tried again, with growing waits, when the server has troubles', async () => {
    answers = [status(503), status(500), status(429)];
    await run(url);
    expect(waits).to.deep.equal([1000, 2000, 4000]);
    expect(got()).to.equal(true);
  });

  it('waits as long as the server asks for', async () => {
    answers = [status(503, { 'retry-after': '7' })];
    await run(url);
    expect(waits).to.deep.equal([7000]);
  });

  it('goes on where it broke off, and only with the same file', async () => {
    answers = [cut(30_000), cut(20_000, 30_000), rest];
    await run(url);
    expect(asked.map(({ headers }) => [headers.range, headers['if-range']])).to.deep.equal([
      [undefined, undefined],
      ['bytes=30000-', '"1"'],
      ['bytes=50000-', '"1"'],
    ]);
    expect(got()).to.equal(true);
  });

  it('begins anew when the server sends the whole file instead', async () => {
    answers = [cut(30_000), whole];
    await run(url);
    expect(got()).to.equal(true);
  });

  it('does not take a file for whole that is shorter than announced', async () => {
    answers = Array.from({ length: 6 }, () => status(200, { 'content-length': '100000', connection: 'close' }));
    const { code, final } = await failure(url, { attempts: 3 });
    expect({ code, final }).to.deep.equal({ code: 'DOWNLOAD_FAILED', final: false });
  });

  for (const code of [400, 401, 403, 404, 410]) {
    it(`is given up at once for ${code}`, async () => {
      answers = [status(code)];
      const refused = await failure(`${url}/a.parquet?sig=s3cret`);
      expect(refused).to.include({ code: 'DOWNLOAD_REFUSED', final: true });
      expect(refused.message).to.contain(`${url}/a.parquet was answered with ${code}`);
      expect(asked).to.have.length(1);
    });
  }

  it('names no key of an address, whatever happens', async () => {
    answers = [status(503)];
    await run(`${url}/a?sig=s3cret`);
    answers = [status(404)];
    const { message } = await failure(`${url}/a?sig=s3cret`);
    expect([...said, message].join()).not.to.contain('s3cret');
  });

  it('is held to the checksum of its address, and to the one that a hub announces', async () => {
    const right = (await run(url)).sha256;
    await run(`${url}#sha256=${right.toUpperCase()}`);
    const wrong = '0'.repeat(64);
    expect(await failure(`${url}#sha256=${wrong}`)).to.include({ code: 'CHECKSUM_MISMATCH', final: true });
    answers = [status(302, { location: '/elsewhere', 'x-linked-etag': `"${wrong}"` })];
    expect(await failure(url)).to.include({ code: 'CHECKSUM_MISMATCH' });
  });

  it('refuses an empty file', async () => {
    answers = [status(200, { 'content-length': '0' })];
    expect(await failure(url)).to.include({ code: 'DATA_EMPTY' });
  });

  describe('where private addresses are not allowed', () => {
    for (const address of [
      'http://127.0.0.1:1/a',
      'http://[::1]:1/a',
      'http://2130706433/a',
      'http://169.254.169.254/latest/meta-data',
      'http://metadata.google.internal/a',
      'http://10.0.0.1/a',
      'http://localhost:1/a',
    ]) {
      it(`does not ask ${address}`, async () => {
        const { code, message } = await failure(address, { private: false });
        expect(code).to.equal('ADDRESS_FORBIDDEN');
        expect(message).to.contain('is not fetched');
      });
    }
  });

  it('does not follow a redirect into them, nor one that leaves http', async () => {
    for (const location of ['ftp://a.example/x', 'file:///etc/passwd']) {
      answers = [status(302, { location })];
      expect(await failure(url)).to.include({ code: 'REDIRECT_REFUSED', final: true });
    }
  });

  it('ends a chain of redirects', async () => {
    answers = Array.from({ length: 20 }, () => status(302, { location: '/again' }));
    expect(await failure(url)).to.include({ code: 'REDIRECT_REFUSED' });
  });

  it('sends the user and password of an address to its own origin only', async () => {
    const other = url.replace('127.0.0.1', 'localhost');
    answers = [status(302, { location: '/same' }), status(302, { location: `${other}/other` })];
    await run(`${url.replace('http://', 'http://user:s3cret@')}/first`);
    const basic = `Basic ${Buffer.from('user:s3cret').toString('base64')}`;
    expect(asked.map(({ headers }) => headers.authorization)).to.deep.equal([basic, basic, undefined]);
  });
});

describe('the names of downloaded files', () => {
  it('are the last parts of the paths, and kept apart', () => {
    const urls = [
      'https://a.example/x/train.parquet?download=true',
      'https://b.example/train.parquet',
      'https://c.example/train.parquet#s',
    ];
    expect(fileNames(urls)).to.deep.equal(['train.parquet', 'train-2.parquet', 'train-3.parquet']);
  });

  it('hold nothing that means something to a file system', () => {
    expect(
      fileNames(['https://a.example/..%2f..%2fetc%2fpasswd', 'https://a.example/', 'https://a.example/.hidden']),
    ).to.deep.equal(['_.._etc_passwd', 'data-2', 'hidden']);
  });
});
