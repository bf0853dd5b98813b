import { tinyAdapters, tinyModelPath } from '@kaito-sdk/inference-server';
import { type ContainerStart, MODEL_IN_IMAGE, standIns } from '@kaito-sdk/inference-server/stand-ins';
import { expect } from 'chai';
import { presetContainer } from '../support/container.js';
import { postJson } from '../support/served.js';
import { startedProcess } from '../support/started.js';

const program = standIns()[2]!;
const adapterMount = { mountPath: '/mnt/adapter/voice', hostPath: tinyAdapters.pirate };

function container(args: readonly string[], more: Partial<ContainerStart> = {}): ContainerStart {
  return {
    ...presetContainer,
    image: 'ghcr.io/kaito-sdk/inference-server:v1',
    command: ['kaito-inference-server'],
    args,
    hostPort: () => 0,
    ...more,
  };
}
const production = ['--model', MODEL_IN_IMAGE, '--host', '0.0.0.0', '--port', '5000'];

describe("the image of this package's own server", () => {
  it('is known by its repository, in any registry', () => {
    for (const name of [
      'ghcr.io/kaito-sdk/inference-server:v1',
      'mirror:5000/x/kaito-sdk/inference-server',
      'kaito-sdk/inference-server:1.2',
    ])
      expect(program.match(name), name).to.equal(true);
    for (const name of ['kaito-sdk/inference-server-x:v1', 'other/inference-server:v1'])
      expect(program.match(name), name).to.equal(false);
  });

  it('runs the server itself, with the adapters of its mounts as strong as their variables say', async () => {
    const mounts = [adapterMount];
    const spec = program.start(
      container([...production, '--adapter=voice=/mnt/adapter/voice', '--served-model-name', 'phi'], {
        mounts,
        env: { voice: '1' },
      }),
    );
    const { url, stop } = await startedProcess(spec as never);
    const response = await postJson(`${url}/chat`, { prompt: 'What is a GPU?', return_full_text: false });
    expect(await response.text()).to.include('Arr, matey!');
    expect(await stop()).to.equal(0);
  });

  it('turns the paths of the container into those of this machine', () => {
    const spec = program.start(
      container([...production, '--adapter', 'a=/mnt/adapter/voice', '--cache=/mnt/adapter/voice/c'], {
        mounts: [adapterMount],
      }),
    );
    expect(spec)
      .to.have.property('args')
      .that.includes.members([tinyModelPath, `a=${tinyAdapters.pirate}`, `${tinyAdapters.pirate}/c`]);
  });

  it('cannot be reached when it listens on the loopback of its pod', () => {
    const ports: number[] = [];
    const hostPort = (port: number) => ports.push(port);
    program.start(container(['--model', MODEL_IN_IMAGE], { hostPort }));
    expect(ports).to.deep.equal([]);
    program.start(container(production, { hostPort }));
    expect(ports).to.deep.equal([5000]);
  });

  const refusals: readonly (readonly [string, ContainerStart, object])[] = [
    ['an unknown flag', container([...production, '--fast']), { refuse: 'exit', code: 2 }],
    ['no model', container([]), { refuse: 'exit', code: 2 }],
    [
      'a folder of adapters that is not mounted',
      container([...production, '--adapters-folder', '/mnt/adapter']),
      { refuse: 'exit', code: 2 },
    ],
    ['another program', container([], { command: ['vllm', 'serve'] }), { refuse: 'start' }],
  ];
  for (const [what, started, refusal] of refusals) {
    it(`fails for ${what} as it would in a cluster`, () => {
      expect(program.start(started)).to.include(refusal);
    });
  }

  it('starts, and ends with the reason, where its model is not mounted', async () => {
    const spec = program.start(container(['--model', '/models/other.gguf', '--host', '0.0.0.0']));
    const { child, said } = await startedProcess(spec as never);
    expect(child.exitCode).to.equal(1);
    expect(said()).to.match(/there is no model file .*\/models\/other\.gguf/);
  });
});
