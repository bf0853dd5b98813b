// npm run packages [-- --port N]: packs the packages as npm would publish them and serves them on loopback until Ctrl-C, for projects of
// one's own while they are on no registry. Only the scope @kaito-sdk is served; everything else npm gets where it always does.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

function usage(problem) {
  process.stderr.write(`${problem}\nUsage: npm run packages -- [--port N]   0 takes a free one [4873]\n`);
  process.exit(2);
}

let port;
try {
  port = Number(parseArgs({ options: { port: { type: 'string', default: '4873' } } }).values.port);
} catch (error) {
  usage(error.message);
}
if (!Number.isInteger(port) || port < 0 || port > 65535) usage('--port takes a number from 0 to 65535');

const folder = mkdtempSync(join(tmpdir(), 'kaito-packages-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0));

/** Name of the package to its manifest and its tarball. */
const packed = new Map();
for (const { name, filename } of pack()) {
  const bytes = readFileSync(join(folder, filename));
  const manifest = JSON.parse(execFileSync('tar', ['-xzOf', join(folder, filename), 'package/package.json']));
  packed.set(name, { bytes, file: filename, manifest });
}

const server = createServer((request, response) => {
  const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname).slice(1);
  const answer = (status, type, body) => {
    // The next run packs the same version again, and it may hold something else.
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
  };
  const tarball = [...packed.values()].find(({ file }) => path === `-/${file}`);
  if (tarball) return answer(200, 'application/octet-stream', tarball.bytes);
  const found = packed.get(path);
  if (!found) return answer(404, 'application/json', JSON.stringify({ error: `there is no package ${path} here` }));
  return answer(200, 'application/json', JSON.stringify(document(path, found)));
});
server.on('error', (error) => {
  process.stderr.write(`the port ${port} cannot be had (${error.code}): npm run packages -- --port 0\n`);
  process.exit(1);
});
server.listen(port, '127.0.0.1', () => {
  process.stdout.write(`${packed.size} packages are served. To install from here:\n\n`);
  process.stdout.write(`  npm config set @kaito-sdk:registry=http://127.0.0.1:${server.address().port}\n\n`);
  process.stdout.write('npx keeps what it has installed once: remove ~/.npm/_npx when you have changed a package.\n');
  process.stdout.write('Ctrl-C ends it; then: npm config delete @kaito-sdk:registry\n');
});

function pack() {
  const args = ['pack', '--workspace=packages', '--json', '--pack-destination', folder];
  const out = execFileSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, stdio: 'pipe' });
  // Scripts may print before the list.
  const answer = JSON.parse(out.slice(out.search(/^[[{]/m)));
  return Object.values(answer);
}

/** What npm wants to know of a package: https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md */
function document(name, { bytes, file, manifest }) {
  const { version } = manifest;
  const dist = {
    tarball: `http://127.0.0.1:${server.address().port}/-/${file}`,
    integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}`,
    shasum: createHash('sha1').update(bytes).digest('hex'),
  };
  return { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } };
}
