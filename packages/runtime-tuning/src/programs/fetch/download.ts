import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { withoutQuery } from '../../planned-tuning.js';
import { Failure } from '../failure.js';
import { pause, type Surroundings } from '../surroundings.js';
import { type Got, get } from './http-get.js';

export interface DownloadOptions {
  readonly folder: string;
  readonly name: string;
  /** Whether private addresses may be asked. */
  readonly private: boolean;
  /** Tries in a row that brought nothing. @default 6: about a minute */
  readonly attempts?: number;
  /** @default 60,000 */
  readonly idleMs?: number;
}

/** A file that came whole. */
export interface Downloaded {
  readonly name: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

const BASE_MS = 1000;
const CAP_MS = 30_000;

/**
 * Brings one file: goes on where a broken connection left off (with `If-Range`, so that a changed file is begun anew), tries again with
 * growing waits, and gives the file its name only when it is whole. A fragment `#sha256=…` of the address is its checksum, and so is
 * what the hub announces.
 */
export async function download(address: string, options: DownloadOptions, around: Surroundings): Promise<Downloaded> {
  const { folder, name, attempts = 6 } = options;
  const shown = withoutQuery(address);
  const part = join(folder, `${name}.part`);
  await rm(part, { force: true });
  const state: Transfer = { part, shown, validator: undefined, announced: undefined };
  for (let failures = 0; ; ) {
    const before = await sizeOf(part);
    try {
      await transfer(address, options, state);
      break;
    } catch (error) {
      if (error instanceof Failure) throw error;
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOSPC') throw new Failure('DISK_FULL', `${shown} does not fit on the disk of the node`);
      // A connection that brought something is a success, however it ended: a large file may break often.
      failures = (await sizeOf(part)) > before ? 1 : failures + 1;
      const why = (error as Error).message || String(code);
      if (failures >= attempts) {
        const message = `${shown} failed ${failures} times, the last time because ${why}. Check that it is up, then try again`;
        throw new Failure('DOWNLOAD_FAILED', message, false);
      }
      const wait = Math.min(CAP_MS, BASE_MS * 2 ** (failures - 1)) * (0.5 + around.random() / 2);
      around.say('retry', { message: `${shown}: ${why}; trying again`, failures });
      await pause(around.clock, Math.max(wait, (error as RetryLater).afterMs ?? 0));
    }
  }
  const sha256 = await digestOf(part);
  const wanted = checksumOf(address) ?? state.announced;
  if (wanted !== undefined && wanted !== sha256) {
    await rm(part, { force: true });
    throw new Failure(
      'CHECKSUM_MISMATCH',
      `${shown} should have the SHA-256 ${wanted} and has ${sha256}: it was changed or cut`,
    );
  }
  const bytes = await sizeOf(part);
  if (bytes === 0) throw new Failure('DATA_EMPTY', `${shown} is an empty file`);
  await rename(part, join(folder, name));
  return { name, bytes, sha256 };
}

interface Transfer {
  readonly part: string;
  readonly shown: string;
  /** A strong ETag or a date, by which the server knows that the rest belongs to what is there. */
  validator: string | undefined;
  announced: string | undefined;
}

/** A failure that another try may cure, with the pause that the server asks for. */
class RetryLater extends Error {
  constructor(
    message: string,
    readonly afterMs: number,
  ) {
    super(message);
  }
}

async function transfer(address: string, options: DownloadOptions, state: Transfer): Promise<void> {
  const have = state.validator === undefined ? 0 : await sizeOf(state.part);
  const range: Readonly<Record<string, string>> =
    have > 0 ? { range: `bytes=${have}-`, 'if-range': state.validator ?? '' } : {};
  const answer = await get(address, { headers: range, private: options.private, idleMs: options.idleMs ?? 60_000 });
  const { status, headers, body } = answer;
  if (status !== 200 && !(status === 206 && have > 0)) {
    body.destroy();
    if (status === 416) state.validator = undefined;
    throw refusal(state.shown, answer);
  }
  const from = status === 206 ? have : 0;
  const etag = headers.etag?.startsWith('W/') ? undefined : headers.etag;
  state.validator = etag ?? headers['last-modified'];
  state.announced = answer.announced ?? state.announced;
  const length = Number(headers['content-length'] ?? Number.NaN);
  await pipeline(body, createWriteStream(state.part, from === 0 ? { flags: 'w' } : { flags: 'r+', start: from }));
  const now = await sizeOf(state.part);
  if (Number.isFinite(length) && now !== from + length) {
    throw new Error(`${now - from} of ${length} bytes came`);
  }
}

/** What the server said instead of the file. Only what may pass is tried again (408, 425, 429 and its own troubles). */
function refusal(shown: string, { status, headers }: Got): Error {
  const seconds = Number(headers['retry-after'] ?? 0);
  const passing = status >= 500 || [408, 416, 425, 429].includes(status);
  if (passing) {
    return new RetryLater(
      `the server answered ${status}`,
      Number.isFinite(seconds) ? Math.min(seconds * 1000, 60_000) : 0,
    );
  }
  const advice =
    status === 401 || status === 403
      ? 'Only public addresses, or ones with their key in them, can be fetched'
      : 'Check the address';
  return new Failure('DOWNLOAD_REFUSED', `${shown} was answered with ${status}. ${advice}`);
}

function checksumOf(address: string): string | undefined {
  return /^#sha256=([0-9a-fA-F]{64})$/.exec(new URL(address).hash)?.[1]?.toLowerCase();
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

/** SHA-256 of a file, hexadecimal. */
export async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
  return hash.digest('hex');
}
