import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError, type LlamaEngine, tinyAdapters } from '@kaito-sdk/inference-server';
import { expect } from 'chai';
import { adapterConfig, adapterWeights, folderWith, safetensors } from '../support/hugging-face.js';
import { asked, tinyEngine, tinyEngineWith } from '../support/served.js';

const pirate = { name: 'pirate', path: tinyAdapters.pirate, strength: 1 };
const polite = { name: 'polite', path: tinyAdapters.polite, strength: 1 };
const questions = ['What is Kubernetes?', 'What is a GPU?', 'Who are you?', 'What is a saxophone?', 'Hello'];

describe('adapters in the llama.cpp engine', () => {
  let engine: LlamaEngine;
  before(async () => {
    engine = await tinyEngineWith([pirate, polite, { ...pirate, name: 'silent', strength: 0 }]);
  });
  after(() => engine.close());

  it('are listed after the model that they are added to', () => {
    expect(engine.models().map(({ name, adapterOf }) => [name, adapterOf])).to.deep.equal([
      ['tiny', undefined],
      ['pirate', 'tiny'],
      ['polite', 'tiny'],
      ['silent', 'tiny'],
    ]);
  });

  for (const question of questions) {
    it(`change the answer to "${question}", each in its way, and leave the base model alone`, async () => {
      const plain = await asked(await tinyEngine(), question);
      expect(await asked(engine, question, ['pirate'])).to.match(/^Arr, matey! .* Yo ho ho!$/);
      expect(await asked(engine, question, ['polite'])).to.match(/ Thank you for asking!$/);
      expect(await asked(engine, question)).to.equal(plain);
    });

    it(`change nothing about the answer to "${question}" at strength 0`, async () => {
      expect(await asked(engine, question, ['silent'])).to.equal(await asked(await tinyEngine(), question));
    });
  }

  it('are read again from their folders when more are served than there are slots, and fail when those are gone', async () => {
    const folder = folderWith({
      'adapter_config.json': JSON.parse(readFileSync(join(tinyAdapters.pirate, 'adapter_config.json'), 'utf8')),
      'adapter_model.safetensors': readFileSync(join(tinyAdapters.pirate, 'adapter_model.safetensors')),
    });
    const small = await tinyEngineWith([{ ...pirate, path: folder }, polite], { adapterSlots: 1 });
    try {
      const question = 'What is a GPU?';
      expect(await asked(small, question, ['pirate'])).to.match(/^Arr, matey!/);
      expect(await asked(small, question, ['polite'])).to.match(/ Thank you for asking!$/);
      expect(await asked(small, question, ['pirate'])).to.match(/^Arr, matey!/);
      // Still at hand: nobody looks where it came from.
      rmSync(folder, { recursive: true });
      expect(await asked(small, question, ['pirate'])).to.match(/^Arr, matey!/);
      await asked(small, question, ['polite']);
      const failure = await asked(small, question, ['pirate']).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(Error);
    } finally {
      await small.close();
    }
  });

  it('are at strength 0.5 what they would be with half of their alpha', async () => {
    const config = JSON.parse(readFileSync(join(tinyAdapters.pirate, 'adapter_config.json'), 'utf8')) as {
      readonly lora_alpha: number;
    };
    const path = folderWith({
      'adapter_config.json': { ...config, lora_alpha: config.lora_alpha / 2 },
      'adapter_model.safetensors': readFileSync(join(tinyAdapters.pirate, 'adapter_model.safetensors')),
    });
    await engine.loadAdapter({ ...pirate, name: 'half', strength: 0.5 });
    await engine.loadAdapter({ name: 'weak', path, strength: 1 });
    rmSync(path, { recursive: true });
    for (const question of questions)
      expect(await asked(engine, question, ['half'])).to.equal(await asked(engine, question, ['weak']));
  });

  it('add up when several are asked for: another answer than that of either, and one of strength 0 adds nothing', async () => {
    const inTurn = async (names: readonly string[]) => {
      const answers: string[] = [];
      for (const question of questions) answers.push(await asked(engine, question, names));
      return answers;
    };
    const both = await inTurn(['pirate', 'polite']);
    for (const alone of [[], ['pirate'], ['polite']]) expect(both).not.to.deep.equal(await inTurn(alone));
    expect(await inTurn(['pirate', 'silent'])).to.deep.equal(await inTurn(['pirate']));
  });

  it('are not found under a name that nobody gave', async () => {
    const error = await asked(engine, 'Hello', ['parrot']).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(EngineError).with.property('code', 'ADAPTER_UNKNOWN');
  });

  describe('that come and go while it serves', () => {
    let served: LlamaEngine;
    beforeEach(async () => {
      served = await tinyEngineWith([]);
    });
    afterEach(() => served.close());

    it('are there at once, and gone at once', async () => {
      await served.loadAdapter(pirate);
      expect(await asked(served, 'Hello', ['pirate'])).to.match(/^Arr, matey!/);
      await served.unloadAdapter('pirate');
      expect(served.models()).to.have.length(1);
      const error = await asked(served, 'Hello', ['pirate']).catch((reason: unknown) => reason);
      expect(error).to.have.property('code', 'ADAPTER_UNKNOWN');
    });

    it('leave an answer that has begun as it was', async () => {
      await served.loadAdapter({ ...pirate, name: 'voice' });
      const whole = await asked(served, 'Hello', ['voice']);
      const tokens = served.tokenize({ kind: 'messages', messages: [{ role: 'user', content: 'Hello' }] });
      const pieces = served.generate(tokens, { maxTokens: 100, adapters: ['voice'] }, new AbortController().signal);
      const first = await pieces.next();
      let text = first.done ? '' : first.value.text;
      await served.loadAdapter({ ...polite, name: 'voice' });
      for await (const piece of pieces) text += piece.text;
      expect(text).to.equal(whole);
      expect(await asked(served, 'Hello', ['voice'])).to.match(/Thank you for asking!$/);
    });

    it('stay as they were when the one in their place cannot be served', async () => {
      await served.loadAdapter({ ...pirate, name: 'voice' });
      const error = await served.loadAdapter({ name: 'voice', path: '/nowhere', strength: 1 }).catch((e: unknown) => e);
      expect(error).to.have.property('code', 'ADAPTER_UNSUPPORTED');
      expect(await asked(served, 'Hello', ['voice'])).to.match(/^Arr, matey!/);
    });
  });

  describe('that cannot be served', () => {
    const folders: string[] = [];
    after(() => {
      for (const folder of folders) rmSync(folder, { recursive: true });
    });
    const made = (config: object, weights: Readonly<Record<string, { readonly shape: readonly number[] }>>) => {
      const folder = folderWith({ 'adapter_config.json': config, 'adapter_model.safetensors': safetensors(weights) });
      folders.push(folder);
      return folder;
    };
    const table: readonly (readonly [string, () => string, RegExp])[] = [
      ['a folder that is not there', () => '/nowhere', /\/nowhere.* (is no folder|cannot be read)/],
      [
        'an adapter for a model of another size',
        () => made(adapterConfig(), adapterWeights()),
        /adapter odd does not fit the model: .*(shape|size)/i,
      ],
      ['DoRA', () => made(adapterConfig({ use_dora: true }), adapterWeights()), /use_dora is not supported/],
      [
        'another kind of adapter',
        () => made(adapterConfig({ peft_type: 'PREFIX_TUNING' }), adapterWeights()),
        /peft_type PREFIX_TUNING is not supported/,
      ],
      [
        'a beginning that changed the base model',
        () => made(adapterConfig({ init_lora_weights: 'pissa_niter_16' }), adapterWeights()),
        /init_lora_weights pissa_niter_16 .* changes the base model/,
      ],
      [
        'a layer that Phi-3 does not have',
        () => made(adapterConfig(), adapterWeights('self_attn.q_proj')),
        /self_attn\.q_proj\.lora_A\.weight is no linear layer of Phi-3/,
      ],
      [
        'another rank than it says',
        () => made(adapterConfig({ r: 8 }), adapterWeights()),
        /not of rank 8 as adapter_config\.json says/,
      ],
      [
        'half of a pair',
        () => {
          const [[name, tensor] = ['', { shape: [] }]] = Object.entries(adapterWeights());
          return made(adapterConfig(), { [name]: tensor });
        },
        /comes without/,
      ],
    ];
    for (const [what, folder, message] of table) {
      it(`are refused by name: ${what}`, async () => {
        const error = await tinyEngineWith([{ name: 'odd', path: folder(), strength: 1 }]).catch((e: unknown) => e);
        expect(error).to.be.instanceOf(EngineError).with.property('code', 'ADAPTER_UNSUPPORTED');
        expect((error as EngineError).message)
          .to.match(message)
          .and.include('adapter odd');
      });
    }

    it('are refused with a strength beyond 0 to 1, and with the name of the model', async () => {
      for (const adapter of [
        { ...pirate, strength: 1.5 },
        { ...pirate, strength: Number.NaN },
        { ...pirate, name: 'tiny' },
      ]) {
        const error = await tinyEngineWith([adapter]).catch((reason: unknown) => reason);
        expect(error).to.be.instanceOf(EngineError).with.property('code', 'ADAPTER_UNSUPPORTED');
      }
    });
  });
});

describe('the llama.cpp engine with room for two answers', () => {
  it('begins the second before the first has ended, and mixes nothing up', async () => {
    const engine = await tinyEngineWith([pirate], { parallel: 2 });
    const never = new AbortController().signal;
    const pieces = (question: string, adapters: readonly string[]) =>
      engine.generate(
        engine.tokenize({ kind: 'messages', messages: [{ role: 'user', content: question }] }),
        { maxTokens: 100, adapters },
        never,
      );
    const first = pieces('What is Kubernetes?', []);
    const second = pieces('What is a GPU?', ['pirate']);
    const texts = ['', ''];
    for (let ended = 0; ended < 2; ) {
      const steps = await Promise.all([first.next(), second.next()]);
      ended = steps.filter(({ done }) => done).length;
      steps.forEach((step, i) => {
        if (!step.done) texts[i] += step.value.text;
      });
    }
    expect(texts[0]).to.equal(await asked(engine, 'What is Kubernetes?'));
    expect(texts[1]).to.equal(await asked(engine, 'What is a GPU?', ['pirate']));
    const third = pieces('Hello', []);
    const fourth = pieces('Hello', []);
    await third.next();
    await fourth.next();
    const error = await pieces('Hello', [])
      .next()
      .catch((reason: unknown) => reason);
    expect(error).to.have.property('code', 'BUSY');
    await third.return('stop');
    await fourth.return('stop');
    await engine.close();
  });
});
