// What lerna does not know of when it gives the packages a new version: the ranges in which plugins ask for the core, the chart, and the tag of
// the images of tuning.
//   node tools/sync-version.mjs [--check]     --check writes nothing and fails over what is out of step
// Plain JavaScript without dependencies; npm runs it in the root, as the script "version", between the new numbers and the commit.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const check = process.argv.includes('--check');
const { version } = JSON.parse(readFileSync('lerna.json', 'utf8'));
const stale = [];

function keep(file, wanted) {
  if (readFileSync(file, 'utf8') === wanted) return;
  stale.push(file);
  if (!check) writeFileSync(file, wanted);
}

for (const name of readdirSync('packages')) {
  const file = join('packages', name, 'package.json');
  if (!existsSync(file)) continue;
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  for (const peer of Object.keys(manifest.peerDependencies ?? {})) {
    if (peer.startsWith('@kaito-sdk/')) manifest.peerDependencies[peer] = `^${version}`;
  }
  keep(file, `${JSON.stringify(manifest, null, 2)}\n`);
}

const root = JSON.parse(readFileSync('package.json', 'utf8'));
root.version = version;
keep('package.json', `${JSON.stringify(root, null, 2)}\n`);

const chart = join('charts', 'kaito', 'Chart.yaml');
keep(
  chart,
  readFileSync(chart, 'utf8')
    .replace(/^version: .*$/m, `version: ${version}`)
    .replace(/^appVersion: .*$/m, `appVersion: "${version}"`),
);

// The images of tuning are published with the packages, under the same version.
const images = join('packages', 'runtime-tuning', 'src', 'images.ts');
keep(images, readFileSync(images, 'utf8').replace(/^const TAG = '.*';$/m, `const TAG = '${version}';`));

for (const file of stale) process.stdout.write(`${check ? 'out of step with' : 'set to'} ${version}: ${file}\n`);
if (check && stale.length > 0) process.exit(1);
