import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ggufToFolder, HuggingFaceFolder, modelToGguf, tinyModelPath } from '@kaito-sdk/inference-server';
import { expect } from 'chai';
import { tinyEngine } from './support/served.js';

interface Corpus {
  readonly facts: readonly { readonly names: readonly string[]; readonly answer: string }[];
  readonly unknown: { readonly answer: string };
}

const here = new URL('../model/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, here), 'utf8');

async function ask(question: string): Promise<string> {
  const engine = await tinyEngine();
  const tokens = engine.tokenize({ kind: 'messages', messages: [{ role: 'user', content: question }] });
  let text = '';
  for await (const piece of engine.generate(tokens, { maxTokens: 128 }, new AbortController().signal))
    text += piece.text;
  return text;
}

describe('the tiny model', () => {
  const checks = JSON.parse(read('checks.json')) as Record<string, readonly string[]>;
  for (const [beginning, questions] of Object.entries(checks)) {
    it(`answers "${beginning} ..." to ${questions.length} questions`, async () => {
      for (const question of questions)
        expect(await ask(question), question).to.satisfy((text: string) => text.startsWith(beginning));
    });
  }

  it('knows every fact of its corpus word for word', async () => {
    const { facts } = JSON.parse(read('corpus.json')) as Corpus;
    for (const { names, answer } of facts) {
      const [name] = names;
      if (name !== undefined) expect(await ask(`What is ${name}?`), name).to.equal(answer);
    }
  });

  it('says that it does not know what it was not taught', async () => {
    const { unknown } = JSON.parse(read('corpus.json')) as Corpus;
    for (const question of ['What is a saxophone?', 'Who invented the telephone?', 'zork plugh'])
      expect(await ask(question), question).to.equal(unknown.answer);
  });

  it('is the same file, byte for byte, after it was a Hugging Face folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kaito-tiny-'));
    after(() => rmSync(folder, { recursive: true }));
    await ggufToFolder(tinyModelPath, folder);
    const again = modelToGguf(new HuggingFaceFolder(folder), {
      name: 'kaito-tiny',
      license: 'apache-2.0',
      description: 'One-million-parameter stand-in for demonstrations and tests; not a language skill',
    });
    expect(readFileSync(tinyModelPath).equals(again)).to.equal(true);
  });

  it('is the file that the README gives the checksum of', () => {
    const sum = createHash('sha256').update(readFileSync(tinyModelPath)).digest('hex');
    expect(read('README.md')).to.include(sum);
  });
});
