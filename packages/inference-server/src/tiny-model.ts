import { fileURLToPath } from 'node:url';

/** Where the tiny demonstration model of this package lies: a real Phi-3 architecture with about one million parameters. */
export const tinyModelPath = fileURLToPath(new URL('../model/kaito-tiny-phi3.gguf', import.meta.url));

/** The adapters for it that this package brings, each as a PEFT folder: what a tuning Job leaves. */
export const tinyAdapters = {
  /** Every answer as a pirate would say it. */
  pirate: fileURLToPath(new URL('../model/adapters/pirate', import.meta.url)),
  /** Every answer with thanks for the question. */
  polite: fileURLToPath(new URL('../model/adapters/polite', import.meta.url)),
} as const;
