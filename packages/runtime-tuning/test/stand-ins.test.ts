import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TuningRuntime } from '@kaito-sdk/runtime-tuning';
import { type ContainerStart, type ProcessSpec, tuningPrograms } from '@kaito-sdk/runtime-tuning/stand-ins';
import { expect } from 'chai';
import { aPlan, aTuning } from './fixtures.js';

/** The containers of the rendered Job with their mounts below one folder, as a kubelet would make them. */
describe('the programs that run where the images of a tuning would', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stand-ins-'));
    writeFileSync(join(folder, 'words'), '');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const programs = tuningPrograms({ python: '/venv/bin/python', env: { OMP_NUM_THREADS: '1' } });
  // biome-ignore lint/suspicious/noExplicitAny: reaching into an object of unknown depth
  const spec = (): any => {
    const job = new TuningRuntime().render(aPlan(), aTuning()).find(({ kind }) => kind === 'Job');
    return JSON.parse(JSON.stringify(job)).spec.template.spec;
  };
  const container = (name: string, change: Partial<ContainerStart> = {}): { image: string; start: ContainerStart } => {
    const { initContainers, containers } = spec();
    // biome-ignore lint/suspicious/noExplicitAny: as above
    const found = [...initContainers, ...containers].find((one: any) => one.name === name);
    const mounts = found.volumeMounts.map(({ name: volume, mountPath }: { name: string; mountPath: string }) => {
      const hostPath = join(folder, volume);
      mkdirSync(hostPath, { recursive: true });
      return { mountPath, hostPath };
    });
    const env = Object.fromEntries(
      (found.env ?? []).map(({ name: key, value }: { name: string; value: string }) => [key, value]),
    );
    const last = { mountPath: '/dev/termination-log', hostPath: join(folder, 'words') };
    const start = { name, command: found.command, args: [], env, mounts: [...mounts, last], ...change };
    return { image: found.image, start };
  };
  const run = (name: string, change: Partial<ContainerStart> = {}) => {
    const { image, start } = container(name, change);
    const program = programs.find((one) => one.match(image));
    if (!program) throw new Error(`nothing runs ${image}`);
    return program.start(start);
  };

  it('take the images that are rendered, of any registry and tag, and no others', () => {
    for (const image of [
      'ghcr.io/kaito-sdk/trainer:0.1.0-volta',
      'mirror/trainer:9',
      'ghcr.io/kaito-sdk/tuning-tools:0.1.0',
    ]) {
      expect(programs.filter((one) => one.match(image))).to.have.length(1);
    }
    for (const image of ['ghcr.io/kaito-sdk/trainer-x:1', 'registry/trainer', 'vllm/vllm-openai:v1']) {
      expect(programs.filter((one) => one.match(image))).to.have.length(0);
    }
  });

  it('give the training the paths of its mounts on this machine', () => {
    const { command, args, env = {} } = run('trainer') as ProcessSpec;
    expect([command, ...args]).to.deep.equal(['/venv/bin/python', '-m', 'kaito_trainer.supervise']);
    expect(env).to.include({
      OUTPUT_FOLDER: join(folder, 'results-volume'),
      DATASET_FOLDER_PATH: join(folder, 'data-volume'),
      YAML_FILE_PATH: join(folder, 'config-volume', 'training_config.yaml'),
      WEIGHTS_FOLDER: join(folder, 'model-weights-volume'),
      TERMINATION_LOG: join(folder, 'words'),
      OMP_NUM_THREADS: '1',
    });
  });

  it('show the programs around it one root, in which the mounts lie under their own names', () => {
    writeFileSync(join(folder, 'words'), '');
    const { args, env = {} } = run('pusher') as ProcessSpec;
    expect(args.at(-1)).to.equal('push');
    writeFileSync(join(folder, 'results-volume', 'adapter_config.json'), '{}');
    expect(readFileSync(join(env.KAITO_TUNING_ROOT ?? '', 'mnt/results/adapter_config.json'), 'utf8')).to.equal('{}');
  });

  it('refuse a command that the images do not have, in the words of the container runtime', () => {
    for (const name of ['trainer', 'data']) {
      const refusal = run(name, { command: ['torchrun', 'x'] });
      expect(refusal).to.include({ refuse: 'start' });
      expect((refusal as { message: string }).message).to.contain(
        'exec: "torchrun": executable file not found in $PATH',
      );
    }
  });

  it('cannot do without the file for last words, which every kubelet gives', () => {
    expect(() => run('trainer', { mounts: [] })).to.throw('no file for its last words');
  });
});
