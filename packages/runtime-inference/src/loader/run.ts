import { readFile, writeFile } from 'node:fs/promises';
import { vllmRoutes } from './engine-routes.js';
import type { Surroundings } from './fetch-image.js';
import { prepare } from './generation.js';
import { loadAdapters } from './load-adapters.js';
import { EXIT_CODES, LoaderError } from './loader-error.js';
import { type Machine, onMachine } from './machine.js';
import { readDocument } from './read-document.js';
import { AdapterSidecar } from './sidecar.js';

/** Between two looks at the document. A kubelet brings a change of it within about a minute. */
const LOOK_MS = 500;

/**
 * The program. Answers its exit code.
 *
 *     kaito-adapter-loader DOCUMENT                      brings the adapters of a document, and ends
 *     kaito-adapter-loader --document FILE               the same, with the document in a file and the adapters in a folder of its fingerprint
 *     kaito-adapter-loader --document FILE --engine URL  brings them to an engine that runs, and whatever the file says later, until it is stopped
 *
 * @param stopped settles when it is to end
 */
export async function runLoader(
  words: readonly string[],
  machine: Machine,
  stopped: Promise<unknown>,
): Promise<number> {
  const around: Surroundings = {
    env: process.env,
    ask: (url, init) => fetch(url, init),
    log: (line) => console.error(line),
  };
  try {
    const { text, file, engine } = read(words);
    if (file !== undefined && engine !== undefined) return await follow(file, engine, around, machine, stopped);
    const report =
      file === undefined
        ? await loadAdapters(onMachine(readDocument(text ?? ''), machine), around)
        : (await prepare(await readFile(machine.locate(file), 'utf8'), around, machine)).report;
    const said = JSON.stringify(report);
    console.log(said);
    await lastWords(said);
    return 0;
  } catch (error) {
    const known = error instanceof LoaderError ? error : undefined;
    const about = known?.adapter === undefined ? '' : ` adapter ${known.adapter}:`;
    const said = `${known?.code ?? 'FAILED'}:${about} ${error instanceof Error ? error.message : String(error)}`;
    console.error(said);
    await lastWords(said);
    return known === undefined ? 1 : EXIT_CODES[known.code];
  }
}

interface Words {
  readonly text?: string;
  readonly file?: string;
  readonly engine?: string;
}

function read(words: readonly string[]): Words {
  if (words.length === 1 && !words[0]?.startsWith('-')) return { text: words[0] ?? '' };
  const [document, file, ...rest] = words;
  const [flag, engine, ...more] = rest;
  const known = document === '--document' && file !== undefined && more.length === 0;
  if (known && flag === undefined) return { file };
  if (known && flag === '--engine' && engine !== undefined) return { file, engine };
  throw new LoaderError(
    'DOCUMENT_INVALID',
    'one argument is expected, the document, or --document FILE [--engine URL]. Use the loader image of this operator',
  );
}

async function follow(
  file: string,
  url: string,
  around: Surroundings,
  machine: Machine,
  stopped: Promise<unknown>,
): Promise<number> {
  const sidecar = new AdapterSidecar({
    file,
    engine: vllmRoutes(url, around.ask),
    around,
    machine,
    now: () => Date.now(),
    say: (words) => console.log(JSON.stringify(words)),
  });
  let over = false;
  const end = stopped.then(() => {
    over = true;
  });
  while (!over) {
    try {
      await sidecar.look();
    } catch (error) {
      // The file is being exchanged, or not there yet.
      console.error(error instanceof Error ? error.message : String(error));
    }
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([end, new Promise((resolve) => (timer = setTimeout(resolve, LOOK_MS)))]);
    clearTimeout(timer);
  }
  return 0;
}

/** Where the kubelet reads a container's last words. Outside of a cluster there is no such file, and nobody who reads it. */
async function lastWords(words: string): Promise<void> {
  await writeFile(process.env.KAITO_TERMINATION_LOG ?? '/dev/termination-log', words.slice(0, 4000)).catch(() => {});
}
