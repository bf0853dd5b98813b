import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tinyAdapters } from '@kaito-sdk/inference-server';
import { type ContainerStart, type ProcessSpec, type Refusal, standIns } from '@kaito-sdk/inference-server/stand-ins';
import { expect } from 'chai';
import { vllmContainer } from '../support/container.js';

const [, program] = standIns();
const model = 'microsoft/Phi-3-mini-4k-instruct';
const production = [
  model,
  '--host',
  '0.0.0.0',
  '--port',
  '5000',
  '--served-model-name',
  'phi-3-mini-4k-instruct',
  '--dtype',
  'half',
  '--max-model-len',
  '4096',
];

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

const flagValue = ({ args }: ProcessSpec, flag: string) =>
  args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined;
const withoutOf = ({ args }: ProcessSpec) => args.filter((_, i) => args[i - 1] === '--without');

describe('the stand-in for the vLLM image', () => {
  for (const image of [
    'vllm/vllm-openai:v0.25.1',
    'docker.io/vllm/vllm-openai:latest',
    'mirror.example.com/hub/vllm/vllm-openai',
    'vllm/vllm-openai:v0.25.1-cu129',
    `vllm/vllm-openai@sha256:${'0'.repeat(64)}`,
  ]) {
    it(`takes ${image.slice(0, 50)}`, () => {
      expect(program!.match(image)).to.equal(true);
    });
  }
  for (const image of [
    'vllm/vllm-openai:newest',
    'vllm/vllm-cpu:v0.25.1',
    'novllm/vllm-openai:v0.25.1',
    'vllm-openai:v0.25.1',
  ]) {
    it(`does not take ${image}`, () => {
      expect(program!.match(image)).to.equal(false);
    });
  }

  it('serves under the name, on the port and with the context that the command says', () => {
    const spec = started(vllmContainer(production));
    expect(flagValue(spec, '--port')).to.equal('35000');
    expect(flagValue(spec, '--served-model-name')).to.equal('phi-3-mini-4k-instruct');
    expect(flagValue(spec, '--context')).to.equal('4096');
    expect(flagValue(spec, '--notice')).to.match(
      /instead of microsoft\/Phi-3-mini-4k-instruct on docker\.io\/vllm\/vllm-openai:v0\.25\.1\..*Without effect here: --dtype/,
    );
  });

  it("uses vLLM's own defaults where the command says nothing", () => {
    const spec = started(vllmContainer([model]));
    expect([
      flagValue(spec, '--port'),
      flagValue(spec, '--served-model-name'),
      flagValue(spec, '--context'),
    ]).to.deep.equal(['38000', model, undefined]);
    expect(flagValue(started(vllmContainer([])), '--served-model-name')).to.equal('Qwen/Qwen3-0.6B');
  });

  it('takes every way of starting the server', () => {
    const module = ['-m', 'vllm.entrypoints.openai.api_server', '--model', model];
    for (const container of [
      vllmContainer(production, { command: [] }),
      vllmContainer(production.slice(1), { command: ['vllm', 'serve', model] }),
      vllmContainer(module, { command: ['python3'] }),
      vllmContainer([], { command: ['/bin/sh', '-c', `exec vllm serve ${production.join(' ')}`] }),
    ])
      started(container);
  });

  it('takes values after an equals sign, underscores for dashes, short names, and switches turned off', () => {
    started(
      vllmContainer([
        model,
        '--max_model_len=4k',
        '-tp',
        '1',
        '--no-enable-prefix-caching',
        '--enforce-eager',
        '--hf-overrides={"a":1}',
      ]),
    );
  });

  const contexts: readonly (readonly [string, string | undefined])[] = [
    ['4096', '4096'],
    ['4k', '4000'],
    ['4K', '4096'],
    ['1.5k', '1500'],
    ['auto', undefined],
    ['1', '16'],
  ];
  for (const [given, wanted] of contexts) {
    it(`reads --max-model-len ${given} as ${wanted ?? 'what the model has'}`, () => {
      expect(flagValue(started(vllmContainer([model, '--max-model-len', given])), '--context')).to.equal(wanted);
    });
  }

  const failures: readonly (readonly [string, readonly string[], number, RegExp])[] = [
    [
      'an unknown flag',
      [model, '--max-model-length', '1'],
      2,
      /vllm: error: unrecognized arguments: --max-model-length 1$/,
    ],
    ['a flag that vLLM no longer has', [model, '--swap-space', '4'], 2, /unrecognized arguments: --swap-space 4$/],
    ['a second model', [model, 'another'], 2, /unrecognized arguments: another$/],
    [
      'an unknown type',
      [model, '--dtype', 'fp16'],
      2,
      /vllm serve: error: argument --dtype: invalid choice: 'fp16' \(choose from 'auto', 'bfloat16'/,
    ],
    ['a port that is none', [model, '--port', 'http'], 2, /argument --port: invalid int value: 'http'$/],
    ['a missing value', [model, '--port', '--enforce-eager'], 2, /argument --port: expected one argument$/],
    ['a missing list', [model, '--served-model-name'], 2, /expected at least one argument$/],
    [
      'a value for a switch',
      [model, '--enforce-eager=yes'],
      2,
      /argument --enforce-eager: ignored explicit argument 'yes'$/,
    ],
    ['a switch off that is none', [model, '--no-port'], 2, /unrecognized arguments: --no-port$/],
    ['a rank that vLLM has no kernels for', [model, '--enable-lora', '--max-lora-rank', '7'], 2, /invalid choice: '7'/],
    ['JSON that is none', [model, '--kv-transfer-config', '{'], 2, /--kv-transfer-config: invalid loads value/],
    ['a share of memory beyond all of it', [model, '--gpu-memory-utilization', '1.2'], 1, /gpu_memory_utilization/],
    [
      'more GPUs than it has',
      [model, '--tensor-parallel-size', '2'],
      1,
      /larger than the number of available GPUs \(1\)/,
    ],
    ['weights where nothing is mounted', ['/workspace/weights'], 1, /OSError: \/workspace\/weights is no local folder/],
    [
      'a middleware that is not mounted',
      [model, '--middleware', 'kaito_chat.ChatMiddleware'],
      1,
      /ModuleNotFoundError: No module named 'kaito_chat'$/,
    ],
  ];
  for (const [what, args, code, message] of failures) {
    it(`fails for ${what} with exit code ${code}`, () => {
      const answer = refused(vllmContainer(args));
      expect(answer).to.include({ refuse: 'exit', code });
      expect(answer.message).to.match(message);
    });
  }

  it('still has the older flags in older images', () => {
    started(
      vllmContainer([model, '--swap-space', '4', '--disable-log-requests'], { image: 'vllm/vllm-openai:v0.8.5' }),
    );
  });

  it('fails in a container without a GPU', () => {
    expect(refused(vllmContainer([model], { resources: { limits: {} } })).message).to.match(
      /Failed to infer device type/,
    );
  });

  it('fails with bfloat16 on a GPU that lacks it, and falls back by itself with auto', () => {
    const t4 = standIns({ computeCapability: () => 7.5 })[1];
    expect(refused(vllmContainer([model, '--dtype', 'bfloat16']), t4).message).to.match(
      /at least 8\.0.*capability 7\.5.*--dtype=half/,
    );
    for (const dtype of ['auto', 'half']) started(vllmContainer([model, '--dtype', dtype]), t4);
  });

  it('needs shared memory for several GPUs', () => {
    const resources = { limits: { 'nvidia.com/gpu': 2 } };
    const args = [model, '--tensor-parallel-size', '2'];
    const shm = { mountPath: '/dev/shm', hostPath: '/tmp' };
    expect(refused(vllmContainer(args, { resources })).message).to.match(
      /\/dev\/shm.*Mount an emptyDir with medium Memory/,
    );
    expect(refused(vllmContainer(args, { resources, mounts: [shm] })).message).to.match(/\/dev\/shm/);
    started(vllmContainer(args, { resources, mounts: [{ ...shm, medium: 'Memory' }] }));
  });

  it('takes weights from a mount', () => {
    started(vllmContainer(['/mnt/weights/phi'], { mounts: [{ mountPath: '/mnt/weights', hostPath: '/tmp' }] }));
  });

  it('cannot be reached from outside of its pod when it listens on the loopback only', () => {
    for (const host of ['127.0.0.1', 'localhost', '::1'])
      expect(flagValue(started(vllmContainer([model, '--host', host])), '--port')).to.equal('0');
  });

  it('cannot start a program that the image does not have', () => {
    expect(refused(vllmContainer([], { command: ['accelerate', 'launch'] }))).to.include({ refuse: 'start' });
  });

  describe('with adapters', () => {
    const mounts = [
      { mountPath: '/mnt/adapter', hostPath: fileURLToPath(new URL('../../model/adapters', import.meta.url)) },
    ];
    const lora = (...args: string[]) => vllmContainer([...production, ...args], { mounts });
    const both = ['--lora-modules', 'a=/mnt/adapter/pirate', '{"name":"b","path":"/mnt/adapter/polite"}'];

    it('serves each module under its name, from where it lies on this machine', () => {
      const { args } = started(lora('--enable-lora', '--max-lora-rank', '8', '--max-loras', '2', ...both));
      expect(args.filter((_, i) => args[i - 1] === '--adapter')).to.deep.equal([
        `a=${tinyAdapters.pirate}`,
        `b=${tinyAdapters.polite}`,
      ]);
      expect(flagValue(started(lora('--enable-lora', ...both)), '--max-adapter-rank')).to.equal('16');
    });

    it('answers /chat with what the middleware is told to ask for, and else with the base model', () => {
      const chat = (env: Readonly<Record<string, string>>) =>
        flagValue(started(vllmContainer([...production, '--enable-lora', ...both], { mounts, env })), '--chat-model');
      expect(chat({ KAITO_CHAT_MODEL: 'a' })).to.equal('a');
      expect(chat({})).to.equal('phi-3-mini-4k-instruct');
    });

    it('takes adapters by request only where vLLM is told to', () => {
      const env = { VLLM_ALLOW_RUNTIME_LORA_UPDATING: 'True' };
      const { args } = started(vllmContainer([model, '--enable-lora'], { mounts, env }));
      expect(args).to.include('--adapter-routes');
      expect(args).to.include(`/mnt/adapter=${mounts[0]?.hostPath}`);
      expect(started(lora('--enable-lora')).args).not.to.include('--adapter-routes');
      expect(started(vllmContainer([model], { mounts, env })).args).not.to.include('--adapter-routes');
    });

    it('keeps as many adapters at hand as vLLM does', () => {
      const slots = (...args: string[]) =>
        flagValue(started(lora('--enable-lora', ...args, ...both)), '--adapter-slots');
      expect(slots()).to.equal('1');
      expect(slots('--max-loras', '2')).to.equal('2');
      expect(slots('--max-loras', '2', '--max-cpu-loras', '5')).to.equal('5');
    });

    const wrong: readonly (readonly [string, readonly string[], number, RegExp])[] = [
      ['fewer slots than one', ['--enable-lora', '--max-loras', '0', ...both], 1, /greater than or equal to 1/],
      [
        'fewer slots at hand than in a batch',
        ['--enable-lora', '--max-loras', '3', '--max-cpu-loras', '2', ...both],
        1,
        /max_cpu_loras \(2\) must be >= max_loras \(3\)\./,
      ],
      ['modules without --enable-lora', both, 1, /LoRA is not enabled\. Use --enable-lora to enable LoRA\.$/],
      [
        'a rank above the maximum',
        ['--enable-lora', '--max-lora-rank', '1', ...both],
        1,
        /ValueError: LoRA rank 4 is greater than max_lora_rank 1\.$/,
      ],
      [
        'a folder that is not mounted',
        ['--enable-lora', '--lora-modules', 'a=/workspace/a'],
        1,
        /Loading lora a failed: No adapter found for \/workspace\/a$/,
      ],
      [
        'a folder without an adapter',
        ['--enable-lora', '--lora-modules', 'a=/mnt/adapter/parrot'],
        1,
        /No adapter found for \/mnt\/adapter\/parrot$/,
      ],
      [
        'the name of the model',
        ['--enable-lora', '--lora-modules', 'phi-3-mini-4k-instruct=/mnt/adapter/pirate'],
        1,
        /conflicts with a served base model\.$/,
      ],
      [
        'one name twice',
        ['--enable-lora', '--lora-modules', 'a=/mnt/adapter/pirate', 'a=/mnt/adapter/polite'],
        1,
        /'a' has already been loaded/,
      ],
      ['a module that is none', ['--enable-lora', '--lora-modules', 'pirate'], 2, /Invalid JSON format/],
      ['a module without a path', ['--enable-lora', '--lora-modules', '{"name":"a"}'], 2, /Invalid fields/],
    ];
    for (const [what, args, code, message] of wrong) {
      it(`fails for ${what} with exit code ${code}`, () => {
        const answer = refused(lora(...args));
        expect(answer).to.include({ refuse: 'exit', code });
        expect(answer.message).to.match(message);
      });
    }
  });

  describe('with a middleware', () => {
    let folder: string;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'kaito-middleware-'));
      mkdirSync(join(folder, 'inner'));
      writeFileSync(join(folder, 'chat.py'), 'class Chat:\n    path = "/chat"\n\ndef helper(): pass\n');
      writeFileSync(join(folder, 'inner', 'both.py'), "class Both:\n    paths = ['/chat', '/healthz']\n");
      writeFileSync(join(folder, 'other.py'), 'class Other:\n    pass\n');
    });
    after(() => rmSync(folder, { recursive: true }));

    const mounted = (args: readonly string[], PYTHONPATH = '/mnt/kaito') =>
      vllmContainer([model, ...args.flatMap((path) => ['--middleware', path])], {
        env: { PYTHONPATH },
        mounts: [{ mountPath: '/mnt/kaito', hostPath: folder }],
      });

    it('has /chat only where the mounted file brings it', () => {
      expect(withoutOf(started(vllmContainer([model])))).to.have.members(['/', '/chat', '/healthz', '/ready']);
      expect(withoutOf(started(mounted(['chat.Chat'])))).to.have.members(['/', '/healthz', '/ready']);
      expect(withoutOf(started(mounted(['other.Other'])))).to.have.members(['/', '/chat', '/healthz', '/ready']);
    });

    it('takes several of them', () => {
      expect(withoutOf(started(mounted(['other.Other', 'chat.Chat'])))).to.have.members(['/', '/healthz', '/ready']);
    });

    it('finds a module in a package, and on a path below the mount', () => {
      expect(withoutOf(started(mounted(['inner.both.Both'])))).to.have.members(['/', '/ready']);
      expect(withoutOf(started(mounted(['both.Both'], '/somewhere:/mnt/kaito/inner')))).to.have.members([
        '/',
        '/ready',
      ]);
    });

    it('fails when the folder is not on PYTHONPATH, or the module has no such class', () => {
      expect(refused(mounted(['chat.Chat'], '')).message).to.match(/No module named 'chat'/);
      expect(refused(mounted(['chat.Talk'])).message).to.match(/AttributeError: module 'chat' has no attribute 'Talk'/);
      expect(refused(mounted(['chat'])).message).to.match(/No module named 'chat'/);
    });
  });
});
