import type { Llama } from 'node-llama-cpp';
import { EngineError } from './engine-error.js';
import { reasonOf } from './reason-of.js';

/** The native library, started. */
export interface LlamaLibrary {
  readonly llama: Llama;
  /** The architecture that a GGUF file says it has. Throws when the file is none. */
  architecture(path: string): Promise<string | undefined>;
  /** What the library complained of since this was last called. */
  complaints(): readonly string[];
}

/** One for the process, since the native part has state of its own: to dispose of one would pull the ground from under the others. */
let started: Promise<LlamaLibrary> | undefined;

/**
 * Starts llama.cpp, once. Imported only when a model is loaded: whoever only converts or reads arguments should not need it.
 *
 * @throws EngineError NATIVE_MISSING when it is not installed, or has no build for this platform
 */
export function llamaLibrary(): Promise<LlamaLibrary> {
  started ??= start().catch((error: unknown) => {
    started = undefined;
    throw error;
  });
  return started;
}

async function start(): Promise<LlamaLibrary> {
  const library = await importLibrary();
  const lines: string[] = [];
  try {
    const llama = await library.getLlama({
      gpu: false,
      // Never download or compile: a server that starts a compiler on a laptop surprises everybody.
      build: 'never',
      logLevel: library.LlamaLogLevel.error,
      logger: (_level, line) => lines.push(line.trim()),
      progressLogs: false,
    });
    return {
      llama,
      architecture: async (path) => (await library.readGgufFileInfo(path)).metadata.general?.architecture,
      complaints: () => lines.splice(0),
    };
  } catch (error) {
    throw new EngineError(
      'NATIVE_MISSING',
      `node-llama-cpp has no ready-made library for ${process.platform} on ${process.arch} here (${reasonOf(error)}). Its packages are optional ` +
        'dependencies: install again without --omit=optional, or add the package of your platform from the scope @node-llama-cpp',
      { cause: error },
    );
  }
}

async function importLibrary(): Promise<typeof import('node-llama-cpp')> {
  try {
    return await import('node-llama-cpp');
  } catch (error) {
    throw new EngineError(
      'NATIVE_MISSING',
      `node-llama-cpp is not installed (${reasonOf(error)}); run npm install node-llama-cpp@3`,
      { cause: error },
    );
  }
}
