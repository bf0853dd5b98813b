import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { checkData, describeData } from '../../dist/programs/check/check-data.js';
import type { DatasetSettings } from '../../dist/programs/check/settings.js';
import { readSettings } from '../../dist/programs/check/settings.js';

const example = new URL('../../../../examples/fine-tuning/', import.meta.url);
const chat = JSON.stringify({
  messages: [
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: 'Arr!' },
  ],
});

describe('a look at the data', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'data-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const put = (name: string, content: string | Buffer) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  };
  const look = (settings: DatasetSettings = {}) => checkData(folder, settings);
  const failure = async (settings: DatasetSettings = {}): Promise<{ code: string; message: string }> =>
    look(settings).then(
      () => ({ code: 'none', message: '' }),
      (error) => error as { code: string; message: string },
    );

  it('counts the rows of every file, whatever its format', async () => {
    put('a.jsonl', `${chat}\n${chat}\n`);
    put('b.json', `[${chat}]`);
    put('more/c.parquet', readFileSync(new URL('chat.parquet', new URL('../../test/fixtures/', import.meta.url))));
    const data = await look();
    expect(data.files.map(({ name, rows }) => [name, rows])).to.deep.equal([
      ['a.jsonl', 2],
      ['b.json', 1],
      ['more/c.parquet', 3],
    ]);
    expect(describeData(data)).to.equal('3 files with 6 rows of messages');
  });

  it('knows a digest of each, by which the adapter can say what it was trained on', async () => {
    put('a.jsonl', chat);
    expect((await look()).files[0]?.sha256).to.match(/^[0-9a-f]{64}$/);
  });

  it('reads quotes and line breaks in CSV', async () => {
    put('a.csv', 'prompt,completion\n"a, ""b""","c\nd"\ne,f\n');
    expect(await look()).to.include({ form: 'prompt', looked: 2, badRows: 0 });
  });

  for (const [form, row] of [
    ['messages', { instruction: 'a', context: '', response: 'b' }],
    ['messages', { instruction: 'a', output: 'b' }],
    ['prompt', { prompt: 'a', completion: 'b' }],
    ['text', { text: 'a' }],
  ] as const) {
    it(`takes rows of ${Object.keys(row).join(', ')} as ${form}`, async () => {
      put('a.jsonl', JSON.stringify(row));
      expect(await look()).to.include({ form });
    });
  }

  it('follows the columns that the settings name', async () => {
    put('a.jsonl', JSON.stringify({ question: 'a', answer: 'b' }));
    expect(await look({ context_column: 'question', response_column: 'answer' })).to.include({ form: 'messages' });
    expect((await failure({ messages_column: 'chat' })).message).to.contain(
      'has no column chat; it has answer, question',
    );
  });

  it('names the columns that are there when none of them will do', async () => {
    put('a.jsonl', '{"q": "a", "a": "b"}');
    const { code, message } = await failure();
    expect(code).to.equal('COLUMNS_MISSING');
    expect(message).to.contain('a.jsonl has the columns a, q; one of messages');
  });

  it('counts rows that cannot be learned from, and refuses data with no others', async () => {
    put('a.jsonl', `${chat}\n{"messages": []}`);
    expect(describeData(await look())).to.contain('1 of the first 2 cannot be used');
    put('a.jsonl', '{"messages": [{"role": "user", "content": "a"}]}');
    const { code, message } = await failure();
    expect(code).to.equal('NOTHING_TO_TRAIN');
    expect(message).to.contain('a.jsonl row 0: no message is the assistant’s');
  });

  for (const [what, name, content] of [
    ['parquet that was cut off', 'a.parquet', 'PAR1 and then nothing'],
    ['a page instead of parquet', 'a.parquet', '<html>sign in</html>'],
    ['JSON that was cut off', 'a.json', '[{"text": "a"'],
    ['a line that is no object', 'a.jsonl', '"text"'],
    ['a quote that is not closed', 'a.csv', 'text\n"a'],
    ['Arrow without its marker', 'a.arrow', 'nothing of the kind'],
  ] as const) {
    it(`names the file that is ${what}`, async () => {
      put(name, content);
      const { code, message } = await failure();
      expect(code).to.equal('DATA_UNREADABLE');
      expect(message).to.match(new RegExp(`^${name} \\(\\d+ bytes\\) cannot be read as`));
    });
  }

  it('says what is there when nothing of it is data', async () => {
    put('readme.txt', 'hello');
    expect(await failure()).to.include({ code: 'NO_DATA' });
    expect((await failure()).message).to.contain('there is readme.txt');
  });

  it('refuses files of different forms', async () => {
    put('a.jsonl', chat);
    put('b.jsonl', '{"text": "a"}');
    expect((await failure()).message).to.contain('a.jsonl has messages, b.jsonl has text');
  });

  it('takes a file whose name merely contains its format, as downloads have it', async () => {
    put('train.jsonl-download_true', chat);
    expect((await look()).files).to.have.length(1);
  });
});

describe('a look at the settings', () => {
  let file: string;
  beforeEach(() => {
    file = join(mkdtempSync(join(tmpdir(), 'settings-')), 'training_config.yaml');
  });
  afterEach(() => rmSync(dirname(file), { recursive: true }));
  const four = 'training_config: {QuantizationConfig: {load_in_4bit: true}}';
  const failure = async (text: string | undefined, method: 'lora' | 'qlora' = 'qlora') => {
    if (text !== undefined) writeFileSync(file, text);
    return readSettings(file, method, 'mine').then(
      () => 'none',
      ({ code, message }) => `${code} ${message}`,
    );
  };

  it('takes the example as it is', async () => {
    expect(await failure(readFileSync(new URL('short-training.yaml', example), 'utf8'))).to.equal('none');
  });

  for (const [what, text, method, message] of [
    ['no ConfigMap', undefined, 'qlora', /^CONFIG_MISSING ConfigMap mine is not in this namespace/],
    ['no YAML', 'a: [', 'qlora', /^CONFIG_INVALID ConfigMap mine: training_config.yaml is no YAML/],
    ['no sections', 'a: 1', 'qlora', /has no "training_config"/],
    ['a section that nobody knows', 'training_config: {Lora: {}}', 'qlora', /there are no sections Lora/],
    ['a section that is no map', 'training_config: {LoraConfig: 3}', 'qlora', /section LoraConfig is no map/],
    ['lora in 4 bit', four, 'lora', /method lora goes without load_in_4bit/],
    ['qlora in 16 bit', 'training_config: {}', 'qlora', /method qlora needs QuantizationConfig.load_in_4bit: true/],
    ['8 bit', 'training_config: {QuantizationConfig: {load_in_8bit: true}}', 'qlora', /load_in_8bit is not supported/],
    [
      'a truth that is none',
      'training_config: {QuantizationConfig: {load_in_4bit: yes please}}',
      'qlora',
      /must be true or false/,
    ],
    [
      'results outside',
      `${four.slice(0, -1)}, TrainingArguments: {output_dir: ../mnt2}}`,
      'qlora',
      /output_dir must be a folder below \/mnt/,
    ],
  ] as const) {
    it(`refuses ${what}`, async () => {
      expect(await failure(text, method)).to.match(message);
    });
  }
});
