import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { said } from '../dist/command.js';
import { packAll, type Tarball } from '../dist/tarballs.js';
import { publishedPackages, ROOT } from '../dist/workspaces.js';

/** What may be in a package: built code, its declarations, and what it says it carries. */
const CARRIED = /^(package\.json|README\.md|LICENSE|dist\/.+\.(js|d\.ts))$/;
const DATA: Readonly<Record<string, RegExp>> = {
  '@kaito-sdk/inference-server': /^model\//,
  '@kaito-sdk/operator': /^templates\//,
  '@kaito-sdk/provider-aks': /^role\.json$/,
  '@kaito-sdk/quickstart': /^manifests\//,
  '@kaito-sdk/runtime-inference': /^assets\//,
  '@kaito-sdk/runtime-tuning': /^(trainer|images)\//,
};

/** Of what there must be one in a process, so packages ask for it and do not bring it. */
const SINGLE = '@kaito-sdk/core';

describe('the packages, as they are published', () => {
  let folder: string;
  let tarballs: ReadonlyMap<string, Tarball>;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kaito-tarballs-'));
    tarballs = await packAll(folder);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const packages = publishedPackages();
  const files = async ({ file }: Tarball): Promise<ReadonlyMap<string, string>> => {
    const out = mkdtempSync(join(folder, 'open-'));
    await said('tar', ['-xzf', file, '-C', out], folder);
    const root = join(out, 'package');
    const names = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return new Map(
      names.map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return [path.slice(root.length + 1), readFileSync(path, 'latin1')];
      }),
    );
  };

  it('are all that there are, with one version', () => {
    expect([...tarballs.keys()].sort()).to.deep.equal(packages.map(({ manifest }) => manifest.name).sort());
    const { version } = JSON.parse(readFileSync(join(ROOT, 'lerna.json'), 'utf8')) as { version: string };
    for (const { manifest } of packages) expect(manifest.version, manifest.name).to.equal(version);
  });

  for (const { manifest } of packages) {
    const { name } = manifest;
    describe(name, () => {
      it('holds built code, a README, the licence, and nothing of tests, sources or maps', () => {
        const odd = tarballs.get(name)?.paths.filter((path) => !CARRIED.test(path) && !DATA[name]?.test(path));
        expect(odd).to.deep.equal([]);
        expect(tarballs.get(name)?.paths).to.include.members(['README.md', 'LICENSE', 'package.json']);
        expect(
          tarballs
            .get(name)
            ?.paths.filter(
              (path) => /(^|\/)(test|dist-test|node_modules)\//.test(path) && !path.startsWith('templates/'),
            ),
        ).to.deep.equal([]);
      });

      it('names nothing of the machine that built it', async () => {
        for (const [path, text] of await files(tarballs.get(name) as Tarball)) {
          expect(text.includes(ROOT), path).to.equal(false);
          expect(/\/(home|Users)\/[a-z]/.test(text) && path.endsWith('.js'), path).to.equal(false);
        }
      });

      it('has every file that its package.json names, with types beside each way in', async () => {
        const paths = tarballs.get(name)?.paths ?? [];
        const targets = [
          ...Object.values(manifest.bin ?? {}),
          ...Object.values(manifest.exports ?? {}).flatMap(({ types, default: code }) => [types, code]),
          ...(manifest['kaito-sdk'] === undefined ? [] : [manifest['kaito-sdk'].plugin]),
        ];
        expect(targets).not.to.include(undefined);
        expect(paths).to.include.members(targets.map((target) => (target ?? '').replace('./', '')));
      });

      it('declares every package that its code or its types import, and no test tool', async () => {
        const declared = new Set([name, ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })]);
        const missing = new Set<string>();
        const used = new Set<string>();
        for (const [path, text] of await files(tarballs.get(name) as Tarball)) {
          if (!path.startsWith('dist/')) continue;
          for (const imported of imports(text)) (declared.has(imported) ? used : missing).add(imported);
        }
        expect([...missing]).to.deep.equal([]);
        for (const tool of ['mocha', 'chai', 'typescript']) expect(declared.has(tool), tool).to.equal(false);
      });

      it('can be published with provenance, by whoever has the repository', () => {
        expect(manifest.publishConfig).to.deep.equal({ access: 'public', provenance: true });
        expect(manifest.license).to.equal('Apache-2.0');
        expect(manifest.repository?.directory).to.equal(`packages/${name.split('/').at(-1)}`);
      });

      if (manifest['kaito-sdk'] !== undefined || manifest.peerDependencies?.[SINGLE] !== undefined) {
        it('asks for the core of whoever loads it, in a range that holds the present one', () => {
          expect(manifest.dependencies ?? {}).not.to.have.property(SINGLE);
          expect(manifest.peerDependencies?.[SINGLE]).to.equal(`^${manifest.version}`);
        });
      }
    });
  }
});

/** Names of the packages that a module imports. */
function imports(text: string): readonly string[] {
  const found = text.matchAll(
    /^(?:(?:import|export)\s[^'"=]*?\sfrom\s|import\s)['"]([^'"\n]+)['"];?$|\bimport\(['"]([^'"\n]+)['"]\)/gm,
  );
  return [...found]
    .map(([, still = '', late = '']) => still || late)
    .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:') && !specifier.startsWith('#'))
    .map((specifier) =>
      specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/'),
    );
}
