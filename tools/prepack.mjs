// Before a package is packed or published: what goes out is built from what lies there, and carries the licence.
// Plain JavaScript without dependencies; npm runs it in the folder of the package.
import { copyFileSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

function fail(message) {
  process.stderr.write(`prepack: ${message}\n`);
  process.exit(1);
}

for (const entry of readdirSync('src', { recursive: true })) {
  if (!entry.endsWith('.ts')) continue;
  const built = join('dist', entry.replace(/\.ts$/, '.js'));
  if (!existsSync(built)) fail(`${built} is missing: run "npm run build" in the root first`);
}
copyFileSync('../../LICENSE', 'LICENSE');
