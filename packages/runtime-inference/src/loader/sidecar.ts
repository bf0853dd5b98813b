import { readFile } from 'node:fs/promises';
import type { EngineRoutes } from './engine-routes.js';
import type { Surroundings } from './fetch-image.js';
import { fingerprintOf } from './fingerprint.js';
import { type Generation, prepare, sweep } from './generation.js';
import type { LoadReport } from './load-adapters.js';
import { LoaderError, type LoaderErrorCode } from './loader-error.js';
import type { Machine } from './machine.js';
import { readDocument } from './read-document.js';

/** A line of the sidecar's output. The last one says what is. */
export interface SidecarWords {
  readonly kaitoAdapters: {
    /** Fingerprint of the document that it is about. */
    readonly document: string;
    /** What the engine serves of it. */
    readonly adapters?: LoadReport['adapters'];
    readonly failed?: {
      readonly code: LoaderErrorCode | 'FAILED';
      readonly adapter?: string;
      readonly message: string;
    };
  };
}

export interface SidecarProps {
  /** Where the document lies, as the container calls it. Its content changes under the program. */
  readonly file: string;
  readonly engine: EngineRoutes;
  readonly around: Surroundings;
  readonly machine: Machine;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  say(words: SidecarWords): void;
}

/** A failed document is tried again after this long: a registry may have come back. */
const RETRY_MS = 60_000;
/** How often the engine is looked at when nothing has changed: it may have been restarted, and know of no adapters then. */
const LOOK_MS = 10_000;

/**
 * Brings the adapters of a document that changes to an engine that runs. Each {@link AdapterSidecar.look} compares what is with what should be,
 * so it does not matter which of the two, or this program, was started anew. What cannot be served changes nothing of what is served.
 */
export class AdapterSidecar {
  private prepared: Generation | undefined;
  private previous: string | undefined;
  private failed: { readonly fingerprint: string; readonly until: number } | undefined;
  private looked = Number.NEGATIVE_INFINITY;
  private said = '';

  constructor(private readonly props: SidecarProps) {}

  /** One comparison. Answers whether the engine serves what the document says. */
  async look(): Promise<boolean> {
    const { file, machine, now } = this.props;
    const text = await readFile(machine.locate(file), 'utf8');
    const fingerprint = fingerprintOf(text);
    if (this.failed?.fingerprint === fingerprint && now() < this.failed.until) return false;
    const same = this.prepared?.fingerprint === fingerprint;
    if (same && now() < this.looked + LOOK_MS) return true;
    try {
      const generation = same && this.prepared ? this.prepared : await prepare(text, this.props.around, machine);
      if (!(await this.bring(generation))) return false;
      if (!same) this.previous = this.prepared?.fingerprint;
      this.prepared = generation;
      this.failed = undefined;
      this.looked = now();
      this.tell({ document: fingerprint, adapters: generation.report.adapters });
      await sweep(readDocument(text).into, [fingerprint, this.previous ?? fingerprint], machine);
      return true;
    } catch (error) {
      this.failed = { fingerprint, until: now() + RETRY_MS };
      const known = error instanceof LoaderError ? error : undefined;
      const message = error instanceof Error ? error.message : String(error);
      const about = known?.adapter === undefined ? {} : { adapter: known.adapter };
      this.tell({ document: fingerprint, failed: { code: known?.code ?? 'FAILED', ...about, message } });
      return false;
    }
  }

  /** New ones and changed ones first, all together last, and only then away with what is not wanted: no request finds a gap. */
  private async bring({ adapters }: Generation): Promise<boolean> {
    const { engine } = this.props;
    const served = await engine.served();
    if (served === undefined) return false;
    for (const [name, path] of adapters) {
      const now = served.get(name);
      if (now !== path) await engine.load(name, path, now !== undefined);
    }
    for (const name of served.keys()) if (!adapters.has(name)) await engine.unload(name);
    return true;
  }

  private tell(words: SidecarWords['kaitoAdapters']): void {
    const text = JSON.stringify(words);
    if (text === this.said) return;
    this.said = text;
    this.props.say({ kaitoAdapters: words });
  }
}
