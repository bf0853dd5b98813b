import { registerHooks } from 'node:module';
import type { Mutant } from './mutants.js';

// Preloaded (`node --import`) into the process of one mutant: changes its file while it is loaded, and nothing on the disk.
const { name, file, from, to } = JSON.parse(process.env.KAITO_TEST_MUTANT ?? '{}') as Mutant;

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (file === '' || !url.endsWith(`/packages/${file}`)) return loaded;
    const source = String(loaded.source);
    if (source.split(from).length !== 2) {
      throw new Error(`mutant "${name}": ${file} must have this text once, and has not: ${from}`);
    }
    return { ...loaded, source: source.replace(from, to), shortCircuit: true };
  },
});
