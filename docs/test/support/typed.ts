import { scriptsOf, type Tier } from './commands.js';
import type { Desk } from './desk.js';
import { guides, type Page } from './pages.js';

/** Declares a test for each block of commands of one tier, page by page: the blocks of a page are typed at one desk, in their order. */
export function typed(tier: Tier, deskFor: (page: Page) => Desk, ready: () => Promise<void> = async () => {}): void {
  for (const page of guides()) {
    const scripts = scriptsOf(page, tier);
    if (scripts.length === 0) continue;
    describe(page.file, () => {
      let desk: Desk;
      before(() => {
        desk = deskFor(page);
      });
      after(() => desk.clear());
      for (const script of scripts) {
        const [first] = script.run.split('\n').filter((line) => !line.startsWith('#'));
        it(`line ${script.at.split(':').at(-1)}: ${first}`, async function () {
          await ready();
          await desk.types(script, this.timeout() - 5000);
        });
      }
    });
  }
}
