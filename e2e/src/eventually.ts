import { setTimeout as pause } from 'node:timers/promises';

/**
 * Calls `look` again and again until it does not throw, and gives its answer; after `withinMs` its last error is thrown. For
 * what another process does in its own time. The limit says when hope is lost, not how fast it should be.
 */
export async function eventually<T>(look: () => Promise<T> | T, withinMs = 60_000): Promise<T> {
  const hopeless = performance.now() + withinMs;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (performance.now() > hopeless) throw error;
    }
    await pause(50);
  }
}
