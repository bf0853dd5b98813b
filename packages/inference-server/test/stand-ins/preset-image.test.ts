import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { tinyAdapters } from '@kaito-sdk/inference-server';
import { type ContainerStart, type ProcessSpec, type Refusal, standIns } from '@kaito-sdk/inference-server/stand-ins';
import { expect } from 'chai';
import { launching, presetContainer } from '../support/container.js';
import { adapterConfig, folderWith } from '../support/hugging-face.js';

const [program] = standIns();
const v100 = standIns({ computeCapability: () => 7 })[0];
const accelerate = 'accelerate launch --num_processes=1';
const api = 'inference_api.py --pipeline=text-generation';

function started(container: ContainerStart, by = program): ProcessSpec {
  const answer = by!.start(container);
  if ('refuse' in answer) throw new Error(`refused: ${answer.message}`);
  return answer;
}

function refused(container: ContainerStart, by = program): Refusal {
  const answer = by!.start(container);
  if (!('refuse' in answer)) throw new Error('it was started');
  return answer;
}

/** The value after a flag of the started process. */
const flagValue = ({ args }: ProcessSpec, flag: string) => args[args.indexOf(flag) + 1];

describe("the stand-in for KAITO's phi-3 mini images", () => {
  const images: readonly (readonly [string, boolean])[] = [
    ['mcr.microsoft.com/aks/kaito/kaito-phi-3-mini-4k-instruct:0.0.2', true],
    ['registry.example.com:5000/mirror/kaito-phi-3-mini-128k-instruct:0.0.1', true],
    [`mcr.microsoft.com/aks/kaito/kaito-phi-3-mini-4k-instruct:0.0.2@sha256:${'a'.repeat(64)}`, true],
    ['kaito-phi-3-mini-4k-instruct:0.0.2', true],
    ['mcr.microsoft.com/aks/kaito/kaito-phi-3-mini-4k-instruct:0.2.0', false],
    ['mcr.microsoft.com/aks/kaito/kaito-phi-3-mini-4k-instruct:0.0.99', false],
    ['mcr.microsoft.com/aks/kaito/kaito-phi-3-mini-4k-instruct', false],
    ['mcr.microsoft.com/aks/kaito/kaito-phi-3-medium-4k-instruct:0.0.2', false],
    ['mcr.microsoft.com/aks/kaito/not-kaito-phi-3-mini-4k-instruct:0.0.2', false],
  ];
  for (const [image, known] of images) {
    it(`${known ? 'takes' : 'does not take'} ${image.slice(0, 90)}`, () => {
      expect(program!.match(image)).to.equal(known);
    });
  }

  it('runs this package with the tiny model on the port that stands for 5000, and ends with its parent', () => {
    const spec = started(presetContainer);
    expect(spec.command).to.equal(process.execPath);
    expect(flagValue(spec, '--port')).to.equal('35000');
    expect(flagValue(spec, '--host')).to.equal('127.0.0.1');
    expect(flagValue(spec, '--model')).to.match(/kaito-tiny-phi3\.gguf$/);
    expect(flagValue(spec, '--served-model-name')).to.equal('phi-3-mini-4k-instruct');
    expect(spec.args).to.include('--exit-with-parent');
  });

  it('says plainly what answers, instead of what, and which flags it read', () => {
    const notice = flagValue(started(presetContainer), '--notice');
    expect(notice).to.match(
      /stand-in model of about one million parameters answers here instead of mcr\.microsoft\.com.*:0\.0\.2/,
    );
    for (const flag of ['--gpu_ids=all', '--pipeline=text-generation', '--torch_dtype=float16', '--trust_remote_code'])
      expect(notice).to.include(flag);
  });

  it('has no OpenAI paths, as that server had none', () => {
    const { args } = started(presetContainer);
    const without = args.filter((_, i) => args[i - 1] === '--without');
    expect(without).to.have.members(['/health', '/v1/chat/completions', '/v1/completions', '/v1/models']);
  });

  it('listens on the port of its rank', () => {
    expect(flagValue(started({ ...presetContainer, env: { LOCAL_RANK: '2' } }), '--port')).to.equal('35002');
  });

  it('takes the command without a shell, the script by its full path, and its own working folder by name', () => {
    const direct = {
      ...presetContainer,
      command: ['accelerate', 'launch'],
      args: ['/workspace/tfs/inference_api.py', '--pipeline', 'text-generation'],
    };
    started(direct);
    started({ ...presetContainer, workingDir: '/workspace/tfs/' });
  });

  it('tolerates arguments of the script that it does not know, as the real one does, and says so', () => {
    const notice = flagValue(
      started(launching(`${accelerate} ${api} --color=blue --trust_remote_code=True`)),
      '--notice',
    );
    expect(notice).to.match(/Without effect here: --color=blue/);
  });

  it('takes dashes for underscores', () => {
    started(launching(`accelerate launch --num-processes 1 ${api} --torch-dtype float16`));
  });

  const failures: readonly (readonly [string, ContainerStart, number, RegExp])[] = [
    [
      'an unknown flag of accelerate',
      launching(`${accelerate} --gpus=all ${api}`),
      2,
      /Accelerate CLI tool: error: unrecognized arguments: --gpus=all$/,
    ],
    [
      'a number that is none',
      launching(`accelerate launch --num_processes=one ${api}`),
      2,
      /argument --num-processes: invalid int value: 'one'$/,
    ],
    [
      'a flag without its value',
      launching(`accelerate launch --num_processes --quiet ${api}`),
      2,
      /expected one argument$/,
    ],
    ['another command of accelerate', launching('accelerate start x.py'), 2, /invalid choice: 'start'/],
    ['no script', launching(accelerate), 2, /required: training_script$/],
    [
      'a missing pipeline',
      launching(`${accelerate} inference_api.py`),
      1,
      /inference_api\.py: error: the following arguments are required: --pipeline\n.*exit status 2\.$/s,
    ],
    [
      'an unknown pipeline',
      launching(`${accelerate} inference_api.py --pipeline=chat`),
      1,
      /ValueError: Unsupported pipeline: chat/,
    ],
    [
      'the other pipeline',
      launching(`${accelerate} inference_api.py --pipeline=conversational`),
      1,
      /use text-generation/,
    ],
    [
      'a type that torch does not have',
      launching(`${accelerate} ${api} --torch_dtype=float12`),
      1,
      /ValueError: Invalid torch dtype: float12\n.*exit status 1\.$/s,
    ],
    [
      'other weights',
      launching(`${accelerate} ${api} --pretrained_model_name_or_path=/weights`),
      1,
      /OSError: \/weights/,
    ],
    [
      'a script that is not there',
      launching(`${accelerate} serve.py --pipeline=text-generation`),
      1,
      /can't open file '\/workspace\/tfs\/serve\.py': \[Errno 2\]/,
    ],
    [
      'another working folder',
      { ...presetContainer, workingDir: '/app' },
      1,
      /can't open file '\/app\/inference_api\.py'/,
    ],
    ['another program in the shell', launching('python3 inference_api.py'), 127, /\/bin\/sh: 1: python3: not found/],
    ['shell syntax', launching(`${accelerate} ${api} && sleep 1`), 2, /no shell syntax, such as &/],
    ['an open quote', launching(`${accelerate} '${api}`), 2, /Unterminated quoted string/],
  ];
  for (const [what, container, code, message] of failures) {
    it(`fails for ${what} with exit code ${code}`, () => {
      const answer = refused(container);
      expect(answer).to.include({ refuse: 'exit', code });
      expect(answer.message).to.match(message);
    });
  }

  it('cannot start a program that the image does not have', () => {
    expect(refused({ ...presetContainer, command: ['vllm', 'serve'] }))
      .to.include({ refuse: 'start' })
      .and.have.property('message')
      .that.matches(/exec: "vllm": executable file not found in \$PATH/);
  });

  it('ends at once without a command, as the Python prompt of the image does', () => {
    expect(refused({ ...presetContainer, command: [] })).to.deep.equal({ refuse: 'exit', message: '', code: 0 });
  });

  it('needs a type that the GPU has', () => {
    for (const dtype of ['auto', 'bfloat16'])
      expect(refused(launching(`${accelerate} ${api} --torch_dtype=${dtype}`), v100).message, dtype).to.match(
        /bfloat16 is not supported by a GPU of compute capability 7\.0/,
      );
    for (const dtype of ['float16', 'float32']) started(launching(`${accelerate} ${api} --torch_dtype=${dtype}`), v100);
    started(launching(`${accelerate} ${api} --torch_dtype=auto`), standIns({ computeCapability: () => 8 })[0]);
  });

  describe('with adapters', () => {
    const hostPath = fileURLToPath(new URL('../../model/adapters', import.meta.url));
    const folders: string[] = [];
    after(() => {
      for (const folder of folders) rmSync(folder, { recursive: true });
    });
    const withMounts = (mounts: ContainerStart['mounts'], env: ContainerStart['env'] = {}) => ({
      ...presetContainer,
      mounts,
      env,
    });
    const all = [{ mountPath: '/mnt/adapter', hostPath }];
    const argumentsOf = ({ args }: ProcessSpec, flag: string) => args.filter((_, i) => args[i - 1] === flag);

    it('loads every folder of /mnt/adapter, as strong as the variable of its name says, else fully', () => {
      const spec = started(withMounts(all, { polite: '0.25' }));
      expect(argumentsOf(spec, '--adapter')).to.deep.equal([
        `pirate=${tinyAdapters.pirate}`,
        `polite=${tinyAdapters.polite}`,
      ]);
      expect(argumentsOf(spec, '--adapter-strength')).to.deep.equal(['pirate=1', 'polite=0.25']);
    });

    it('takes a volume that is mounted right under its name', () => {
      const mount = { mountPath: '/mnt/adapter/voice', hostPath: tinyAdapters.pirate };
      expect(argumentsOf(started(withMounts([mount])), '--adapter')).to.deep.equal([`voice=${tinyAdapters.pirate}`]);
    });

    it('passes over folders that hold no adapter, and serves the base model where there is none', () => {
      const folder = folderWith({ 'README.md': 'nothing here' });
      folders.push(folder);
      for (const mounts of [
        [],
        [{ mountPath: '/mnt/adapter', hostPath: folder }],
        [{ mountPath: '/mnt/adapter/a', hostPath: folder }],
      ])
        expect(argumentsOf(started(withMounts(mounts)), '--adapter')).to.deep.equal([]);
    });

    it('fails for a strength that is no number, in the words of Python', () => {
      expect(refused(withMounts(all, { pirate: 'loud' })).message).to.match(
        /ValueError: could not convert string to float: 'loud'/,
      );
    });

    it('fails for a key that the peft of the image does not know', () => {
      const folder = folderWith({ 'adapter_config.json': adapterConfig({ lora_bias: false }) });
      folders.push(folder);
      expect(refused(withMounts([{ mountPath: '/mnt/adapter/new', hostPath: folder }])).message).to.match(
        /TypeError: LoraConfig\.__init__\(\) got an unexpected keyword argument 'lora_bias'/,
      );
    });
  });
});
