import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ValidationSeverity, validate } from 'dockerfile-utils';
import { run, said } from '../dist/command.js';
import { sizeOf } from '../dist/install-tree.js';
import { ROOT } from '../dist/workspaces.js';

const text = readFileSync(join(ROOT, 'packages/operator/image/Containerfile'), 'utf8');

/** Instructions, continued lines joined. */
const instructions = text
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));
const last = (word: string): string =>
  instructions.findLast((line) => line.startsWith(`${word} `))?.slice(word.length + 1) ?? '';

/** No container engine is at hand: the steps of the file are run in a folder, and what starts there is what would start in the image. */
describe('the image of the operator', () => {
  let folder: string;
  let app: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kaito-image-'));
    app = join(folder, 'app');
    await said(process.execPath, ['release/dist/install-tree-main.js', '@kaito-sdk/operator', app], ROOT);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const entries = () => readdirSync(app, { recursive: true, withFileTypes: true });

  it('is described by a file that a linter passes', () => {
    const problems = validate(text, { deprecatedMaintainer: ValidationSeverity.ERROR });
    expect(problems.map(({ message, range }) => `line ${range.start.line + 1}: ${message}`)).to.deep.equal([]);
  });

  it('starts as nobody, without a shell, from a base that has none', () => {
    expect(last('USER')).to.equal('65532:65532');
    expect(last('ENTRYPOINT')).to.match(/^\["\/nodejs\/bin\/node", ("--[^"]+", )*"\/app\/[^"]+\/main\.js"\]$/);
    expect(text).to.match(/ARG BASE_IMAGE=gcr\.io\/distroless\//);
    const final = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM ')));
    expect(final.filter((line) => /^(RUN|ADD|HEALTHCHECK) /.test(line))).to.deep.equal([]);
  });

  it('is filled by the command that is run here', () => {
    expect(instructions).to.include('RUN node release/dist/install-tree-main.js @kaito-sdk/operator /app');
    expect(instructions).to.include('COPY --from=build --chown=0:0 /app /app');
  });

  it('runs the operator from there, with nothing around it', async () => {
    const [, ...words] = JSON.parse(last('ENTRYPOINT')) as string[];
    const here = words.map((word) => word.replace('/app/', `${app}/`));
    const checked = await run(process.execPath, [...here, 'operator', '--check'], folder, { NODE_PATH: '' });
    expect([checked.code, checked.err]).to.deep.equal([0, '']);
    const nowhere = await run(process.execPath, [...here, 'operator', '--kubeconfig', join(folder, 'none')], folder);
    expect(nowhere.code).to.equal(1);
    expect(nowhere.err)
      .to.match(/none/)
      .and.not.to.match(/Cannot find (module|package)/);
  });

  it('can trace, so the parts that are loaded late are there as well', async () => {
    const script = `await import('@opentelemetry/sdk-trace'); await import('@opentelemetry/exporter-trace-otlp-http'); await import('@kubernetes/client-node'); await import('@azure/identity');`;
    const at = join(app, 'node_modules/@kaito-sdk/operator/dist');
    const { code, err } = await run(process.execPath, ['--input-type=module', '-e', script], at);
    expect([code, err]).to.deep.equal([0, '']);
  });

  it('is one tree for every platform: no native parts, no links', () => {
    expect(entries().filter(({ name }) => /\.(node|so|dylib|dll|exe)$/.test(name))).to.deep.equal([]);
    expect(entries().filter((entry) => lstatSync(join(entry.parentPath, entry.name)).isSymbolicLink())).to.deep.equal(
      [],
    );
  });

  it('holds nothing that only a build or a test needs', () => {
    const names = new Set(readdirSync(join(app, 'node_modules')));
    for (const tool of ['typescript', 'mocha', 'chai', '@biomejs', 'lerna', 'node', 'node-llama-cpp', '@microsoft'])
      expect(names.has(tool), tool).to.equal(false);
    expect(entries().filter(({ name }) => /\.(map|d\.ts)$/.test(name))).to.deep.equal([]);
    expect(sizeOf(app)).to.be.lessThan(120e6);
  });

  it('comes with a bill of materials that names everything in it', () => {
    const sbom = JSON.parse(readFileSync(join(app, 'sbom.cdx.json'), 'utf8')) as {
      readonly bomFormat: string;
      readonly components: readonly { readonly group?: string; readonly name: string; readonly version: string }[];
    };
    expect(sbom.bomFormat).to.equal('CycloneDX');
    const listed = new Set(sbom.components.map(({ name, version }) => `${name}@${version}`));
    const there = entries()
      .filter(({ name, parentPath }) => name === 'package.json' && /node_modules\/(@[^/]+\/)?[^/]+$/.test(parentPath))
      .map(
        ({ parentPath }) =>
          JSON.parse(readFileSync(join(parentPath, 'package.json'), 'utf8')) as { name: string; version: string },
      );
    expect(there.length).to.be.greaterThan(50);
    expect(there.map(({ name, version }) => `${name}@${version}`).filter((one) => !listed.has(one))).to.deep.equal([]);
  });
});
