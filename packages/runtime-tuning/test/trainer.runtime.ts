import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ggufToFolder, tinyModelPath } from '@kaito-sdk/inference-server';
import { expect } from 'chai';
import { trainerFor } from '../dist/images.js';

const trainer = fileURLToPath(new URL('../trainer', import.meta.url));
const architectures = fileURLToPath(new URL('../../../tools/runtime/gpu-architectures.py', import.meta.url));

/** One image build of the training program: the environment with its pins, and the GPUs that the planner chooses it for. */
const BUILDS = [
  {
    name: 'current',
    pins: 'requirements.txt',
    environment: process.env.KAITO_TRAINER ?? '',
    // T4, A100, A10, L4, H100 and H200, B200, RTX PRO 6000.
    capabilities: [7.5, 8, 8.6, 8.9, 9, 10, 12],
  },
  {
    name: 'volta',
    pins: 'requirements-volta.txt',
    environment: process.env.KAITO_TRAINER_VOLTA ?? '',
    capabilities: [7],
  },
] as const;

interface Library {
  readonly sm: readonly number[];
  readonly ptx: readonly number[];
}

/** Whether code of a library runs on a GPU: machine code of its generation and not later, or something that the driver can compile. */
function runsOn({ sm, ptx }: Library, capability: number): boolean {
  const wanted = Math.round(capability * 10);
  const same = sm.some((one) => Math.floor(one / 10) === Math.floor(wanted / 10) && one <= wanted);
  return same || ptx.some((one) => one <= wanted);
}

/** The Python program with the pins of each of its images, on the tiny model. Needs their environments: KAITO_TRAINER, KAITO_TRAINER_VOLTA. */
for (const { name, pins, environment, capabilities } of BUILDS) {
  describe(`the ${name} build of the training program`, function () {
    this.timeout(900_000);
    this.slow(120_000);
    const python = join(environment, 'bin', 'python');

    it('has what its pins say', () => {
      const list =
        'import importlib.metadata as m; print(*(f"{d.name.lower()}=={d.version}" for d in m.distributions()))';
      const installed = new Set(execFileSync(python, ['-c', list], { encoding: 'utf8' }).trim().split(' '));
      const direct = readFileSync(join(trainer, pins), 'utf8').split('# What these bring')[0] ?? '';
      const wanted = direct.toLowerCase().match(/^[a-z0-9._-]+==\S+$/gm) ?? [];
      expect(wanted).to.have.length.greaterThan(10);
      expect(wanted.filter((one) => !installed.has(one))).to.deep.equal([]);
    });

    it('names everything that its pins bring along, so that the next build of the image is the same', () => {
      const uv = join(environment, 'bin', 'uv');
      const platform = ['--python-version', '3.11', '--python-platform', 'x86_64-manylinux_2_28'];
      const compiled = execFileSync(
        uv,
        ['pip', 'compile', '--quiet', ...platform, '--no-header', '--no-annotate', pins],
        {
          cwd: trainer,
          encoding: 'utf8',
        },
      );
      const names = (text: string) => (text.toLowerCase().match(/^[a-z0-9._-]+==[^\s;]+/gm) ?? []).sort();
      expect(names(compiled)).to.deep.equal(names(readFileSync(join(trainer, pins), 'utf8')));
    });

    it('has machine code for every GPU that it is chosen for', () => {
      const { torch, libraries } = JSON.parse(execFileSync(python, [architectures], { encoding: 'utf8' })) as {
        readonly torch: string;
        readonly libraries: Readonly<Record<string, Library>>;
      };
      expect(Object.keys(libraries)).to.have.length(3);
      for (const capability of capabilities) {
        expect(trainerFor(capability)).to.include({ name, torch });
        const without = Object.entries(libraries).filter(([, library]) => !runsOn(library, capability));
        expect(without.map(([library]) => `${library} for ${capability}`)).to.deep.equal([]);
      }
    });

    it('starts as its image starts it, and says what it lacks', async () => {
      const dockerfile = readFileSync(join(trainer, '../images/trainer.Dockerfile'), 'utf8');
      const [from = '', to = ''] = /^COPY (trainer\/kaito_trainer) (\S+)$/m.exec(dockerfile)?.slice(1) ?? [];
      const variables = /^ENV (.+)$/m.exec(dockerfile)?.[1]?.split(' ') ?? [];
      const [program, ...words] = JSON.parse(/^CMD (.+)$/m.exec(dockerfile)?.[1] ?? '[]') as string[];
      expect(program).to.equal('python');
      const root = mkdtempSync(join(tmpdir(), 'kaito-image-'));
      try {
        cpSync(join(trainer, '..', from), join(root, to), { recursive: true });
        const env: Record<string, string> = {};
        for (const [variable = '', value = ''] of variables.map((one) => one.split('='))) {
          env[variable] = value.startsWith('/') ? join(root, value) : value;
        }
        for (const [variable, path] of [
          ['YAML_FILE_PATH', 'mnt/config/training_config.yaml'],
          ['DATASET_FOLDER_PATH', 'mnt/data'],
          ['OUTPUT_FOLDER', 'mnt/results'],
          ['TERMINATION_LOG', 'last-words'],
        ] as const) {
          env[variable] = join(root, path);
        }
        const { status, stdout } = spawnSync(python, words, { env, cwd: root, encoding: 'utf8' });
        expect(status).to.equal(2);
        expect(stdout).to.contain('"code": "CONFIG_INVALID"');
        expect(readFileSync(join(root, 'last-words'), 'utf8')).to.contain('training_config.yaml cannot be read');
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    });

    it('passes the tests of the program', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'kaito-trainer-'));
      try {
        await ggufToFolder(tinyModelPath, folder);
        const run = spawn(python, ['-m', 'pytest', '-q', '-p', 'no:cacheprovider'], {
          cwd: trainer,
          // Threads that wait for each other cost more than they bring to so small a model.
          env: { ...process.env, KAITO_TINY_MODEL: folder, PYTHONDONTWRITEBYTECODE: '1', OMP_NUM_THREADS: '1' },
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        let said = '';
        const ended = new Promise((resolve) => run.once('close', resolve));
        for await (const piece of run.stdout) said += piece;
        expect(await ended, said).to.equal(0);
        expect(said).to.match(/\d+ passed/);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  });
}
