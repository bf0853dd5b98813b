import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { KubeObject } from '../objects.js';
import { parseJson, writeJson } from './lossless-json.js';
import type { Store, Write } from './store.js';

/** A directory that cannot be used: the message says which file, why, and what to do. */
export class DataDirectoryError extends Error {
  override readonly name = 'DataDirectoryError';
}

/** First line of the file. `revision`: what follows up to there is the state, and the log begins after it. */
interface Header {
  readonly format: 1;
  readonly revision: number;
}

/** One write: revision, collection, key, and the object, which a deletion does not have. */
type Line = readonly [revision: number, collection: string, key: string, object?: KubeObject];

/** The file is written anew when it holds this many lines more than objects that are still there. */
const slack = 10_000;

/**
 * Keeps a store in a directory, so that it survives the process. Each write goes into a file, a line each, before it takes effect: whatever ends
 * the process, what a client was told is there. (The file is not forced onto the disk with each write, so a power cut may lose the last moments.)
 * A last line that was cut off is dropped. The log of writes survives too, so that a watch can go on where it was.
 */
export class DataDirectory {
  readonly #path: string;
  readonly #lock: string;
  #file = -1;
  #size = 0;
  #lines = 0;
  #checkAt = 0;
  #closed = false;
  #store: Store | undefined;

  private constructor(readonly directory: string) {
    this.#path = join(directory, 'store.jsonl');
    this.#lock = join(directory, 'lock');
  }

  /** Makes the directory where it is missing, and takes hold of it. @throws DataDirectoryError when another process holds it. */
  static open(directory: string): DataDirectory {
    const opened = new DataDirectory(directory);
    try {
      mkdirSync(directory, { recursive: true });
      opened.#takeLock();
    } catch (error) {
      if (error instanceof DataDirectoryError) throw error;
      throw new DataDirectoryError(`${directory} cannot be used: ${(error as Error).message}`);
    }
    return opened;
  }

  /** A further file of the directory, for what belongs to the server and not to the store. */
  file(name: string): string {
    return join(this.directory, name);
  }

  /** Fills a fresh store with what was kept, and keeps what is written to it from now on. Answers whether anything had been kept. */
  attach(store: Store): boolean {
    this.#store = store;
    const known = existsSync(this.#path);
    if (known) this.#load(store);
    if (!known || this.#lines > this.#live() + slack) this.#rewrite();
    else this.#file = openSync(this.#path, 'a');
    this.#checkAt = this.#lines + slack;
    store.keepWith((write) => this.#keep(write));
    return known;
  }

  /** Lets the directory go. */
  close(): void {
    if (this.#file >= 0) closeSync(this.#file);
    this.#file = -1;
    this.#closed = true;
    rmSync(this.#lock, { force: true });
  }

  #takeLock(): void {
    for (;;) {
      try {
        writeFileSync(this.#lock, String(process.pid), { flag: 'wx' });
        return;
      } catch (error) {
        if ((error as { code?: string }).code !== 'EEXIST') throw error;
      }
      const holder = Number(readFileSync(this.#lock, 'utf8'));
      if (holder !== process.pid && isAlive(holder)) {
        throw new DataDirectoryError(
          `${this.directory} is in use by process ${holder}: end it, or choose another directory`,
        );
      }
      // Whoever held it was killed.
      rmSync(this.#lock, { force: true });
    }
  }

  #load(store: Store): void {
    const bytes = readFileSync(this.#path);
    let from = 0;
    let number = 0;
    let state = 0;
    let begun = false;
    while (from < bytes.length) {
      const end = bytes.indexOf(0x0a, from);
      number++;
      if (end < 0) {
        // The process was killed in the middle of this line; nobody was told that it was written.
        this.#truncate(from);
        break;
      }
      const line = this.#read(bytes.toString('utf8', from, end), number);
      if (number === 1) state = (line as Header).revision;
      else {
        const [revision, collection, key, object] = line as Line;
        if (!begun && revision > state) {
          store.restart(state);
          begun = true;
        }
        store.replay(collection, key, revision, object);
      }
      from = end + 1;
    }
    if (!begun) store.restart(state);
    this.#lines = number;
    this.#size = from;
  }

  #read(text: string, number: number): Header | Line {
    try {
      const value = parseJson(text) as Header | Line;
      if (number === 1 ? (value as Header).format === 1 : Array.isArray(value)) return value;
    } catch {
      // Said below.
    }
    throw new DataDirectoryError(
      `${this.#path} cannot be read from line ${number} on: it was not written by this version, or something else has changed it; move it away to begin anew`,
    );
  }

  #truncate(length: number): void {
    const file = openSync(this.#path, 'r+');
    ftruncateSync(file, length);
    closeSync(file);
  }

  #keep({ revision, collection, key, type, object }: Write): void {
    if (this.#file < 0) throw new DataDirectoryError(`${this.directory} is closed`);
    this.#append(this.#file, type === 'DELETED' ? [revision, collection, key] : [revision, collection, key, object]);
    this.#lines++;
    if (this.#lines < this.#checkAt) return;
    this.#checkAt = this.#lines + slack;
    // The write at hand is not in the store yet.
    if (this.#lines > 2 * this.#live() + slack) queueMicrotask(() => this.#rewrite());
  }

  /** The whole line in one call, so that a reader sees all of it or knows that it is cut. */
  #append(file: number, line: Header | Line): void {
    const bytes = Buffer.from(`${writeJson(line)}\n`);
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
      this.#size += bytes.length;
    } catch (error) {
      // Half a line would spoil the one after it.
      ftruncateSync(file, this.#size);
      throw error;
    }
  }

  /** The state in place of the writes that led to it. The old file stays until the new one is complete. */
  #rewrite(): void {
    const store = this.#store;
    if (store === undefined || this.#closed) return;
    const path = `${this.#path}.new`;
    const file = openSync(path, 'w');
    this.#size = 0;
    const { revision, objects } = store.snapshot();
    this.#append(file, { format: 1, revision });
    this.#lines = 1;
    for (const [collection, list] of Object.entries(objects)) {
      for (const object of list) {
        const { namespace = '', name, resourceVersion } = object.metadata;
        this.#append(file, [Number(resourceVersion), collection, `${namespace}/${name}`, object]);
        this.#lines++;
      }
    }
    fsyncSync(file);
    renameSync(path, this.#path);
    if (this.#file >= 0) closeSync(this.#file);
    this.#file = file;
  }

  #live(): number {
    const store = this.#store;
    return store === undefined ? 0 : store.collections().reduce((sum, name) => sum + store.count(name), 0);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}
