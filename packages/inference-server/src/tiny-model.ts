import { fileURLToPath } from 'node:url';

/** Where the tiny demonstration model of this package lies: a real Phi-3 architecture with about one million parameters. */
export const tinyModelPath = fileURLToPath(new URL('../model/kaito-tiny-phi3.gguf', import.meta.url));
