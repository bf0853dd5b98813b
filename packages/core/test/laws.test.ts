import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const src = join(dirname(fileURLToPath(import.meta.url)), '..', 'src');
const files = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => join(entry.parentPath, entry.name));

/** Where in the tree a line matches: `plan/fit.ts:12: text`. */
function findings(pattern: RegExp, except: (file: string) => boolean = () => false): string[] {
  return files
    .filter((file) => !except(relative(src, file)))
    .flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .flatMap((line, i) => (pattern.test(line) ? [`${relative(src, file)}:${i + 1}: ${line.trim()}`] : [])),
    );
}

/** The folders of core, lowest first: a file may import from its own folder and from lower ones. */
const layers = ['resource', 'kube', 'engine', 'api', 'plan', 'plugin', 'workspace', 'testing'];

describe('the laws of core', () => {
  it('has sources to look at', () => {
    expect(files.length).to.be.greaterThan(30);
  });

  it('names no cloud, no model and no engine', () => {
    const names =
      /\b(azure|aks|aws|ec2|eks|gcp|gke|vllm|llama|llamacpp|phi|phi-\d|mistral|qwen|falcon|nvidia-[a-z]\d+)\b/i;
    expect(findings(names)).to.deep.equal([]);
  });

  it('reads no clock, sets no timer and rolls no dice outside the edge', () => {
    const edge = (file: string) => file === 'engine/system-clock.ts';
    expect(
      findings(/\bDate\.now\(|\bnew Date\(\)|(?<!socket\.)\bsetTimeout\(|\bsetInterval\(|\bMath\.random\(/, edge),
    ).to.deep.equal([]);
  });

  it('opens sockets only in the files that are the edge', () => {
    const edge = (file: string) =>
      /^(kube\/(https|kube-config)-transport|kube\/http\/(agent-request|connection|connection-pool|node-http)|engine\/health-server)\.ts$/.test(
        file,
      );
    expect(findings(/(from |getBuiltinModule\()'(node:(net|tls|http|https|http2|dgram)|undici)'/, edge)).to.deep.equal(
      [],
    );
  });

  it('imports no other package of this project except the devcluster, and that only for testing', () => {
    const testing = (file: string) => file.startsWith('testing/');
    expect(findings(/from '@kaito-sdk\//, testing)).to.deep.equal([]);
  });

  it('keeps the kinds of plugins apart by contract and never by name', () => {
    expect(findings(/switch \((.*\.)?(runtime|provisioner|preset|plugin|catalog)(\.name)?\)/)).to.deep.equal([]);
  });

  it('lets each layer know only what lies below it', () => {
    const wrong = files.flatMap((file) => {
      const from = relative(src, file);
      const layer = layers.indexOf(from.split('/')[0] ?? '');
      if (layer < 0) return [];
      // Types cross freely: a contract may speak of what is built on it.
      const imports = [...readFileSync(file, 'utf8').matchAll(/^import (?!type)[^;]*from '(\.[^']+)'/gm)];
      return imports
        .map(([, to]) => relative(src, join(dirname(file), to ?? '')))
        .filter((to) => layers.indexOf(to.split('/')[0] ?? '') > layer)
        .map((to) => `${from} -> ${to}`);
    });
    expect(wrong).to.deep.equal([]);
  });
});
