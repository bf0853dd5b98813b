import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const packages = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** The operator's program, and the bundled plugins as it loads them. */
const ROOTS = [
  'operator/dist/main.js',
  ...['presets-phi', 'provider-aks', 'provider-karpenter', 'runtime-inference', 'runtime-tuning'].map(
    (name) => `${name}/dist/index.js`,
  ),
];

/** Files of ours by what they import, from the roots on. */
function graph(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  const open = ROOTS.map((root) => join(packages, root));
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    const name = relative(packages, file);
    if (found.has(name)) continue;
    const text = readFileSync(file, 'utf8');
    const imported = [...text.matchAll(/(?:from |import\(?\s*|getBuiltinModule\()['"]([^'"]+)['"]/g)].map(
      ([, one = '']) => one,
    );
    found.set(name, imported);
    for (const one of imported) {
      const own = /^@kaito-sdk\/([^/]+)(?:\/(.+))?$/.exec(one);
      if (one.startsWith('.')) open.push(join(dirname(file), one));
      // `kaito dev` loads it when it is asked to; the operator's image does not have it.
      else if (own && own[1] !== 'devcluster')
        open.push(join(packages, own[1] ?? '', 'dist', own[2] ?? '', 'index.js'));
    }
  }
  return found;
}

describe('what the operator can reach', () => {
  const files = graph();

  it('was looked for in every file that it loads', () => {
    expect(files.size).to.be.greaterThan(200);
    for (const root of ROOTS) expect(files.has(root), root).to.equal(true);
    for (const name of files.keys()) expect(existsSync(join(packages, name)), name).to.equal(true);
  });

  it('is no registry: the client of registries is loaded by programs in the pods of Workspaces only', () => {
    const registries = [...files].filter(
      ([name, imported]) => name.startsWith('oci/') || imported.includes('@kaito-sdk/oci'),
    );
    expect(registries).to.deep.equal([]);
  });

  it('is no address that a user wrote: sockets are opened to the API server and to Azure, and otherwise only listened on', () => {
    const sockets = [...files]
      .filter(([, imported]) => imported.some((one) => /^(node:(https?|http2|net|tls|dgram|dns)|undici)$/.test(one)))
      .map(([name]) => name)
      .sort();
    expect(sockets).to.deep.equal(
      [
        'core/dist/kube/http/agent-request.js',
        'core/dist/kube/http/connection-pool.js',
        'core/dist/kube/http/node-http.js',
        'operator/dist/webhook/webhook-server.js',
        'provider-aks/dist/trusted-authorities.js',
      ].sort(),
    );
    const fetching = [...files.keys()].filter((name) => /(?<![.\w'])fetch\(/.test(code(name)));
    expect(fetching).to.deep.equal([]);
  });
});

/** Without its comments. */
function code(name: string): string {
  return readFileSync(join(packages, name), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}
