import { cpSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, matchesGlob, relative } from 'node:path';
import { run } from './command.js';
import { instructionsOf } from './dockerfile.js';

/** An image as folders and words: what a container of it would start with. */
export interface ImageLayout {
  /** The folder that would be its root, without what the base image brings. */
  readonly root: string;
  /** In the image. */
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly entrypoint: readonly string[];
}

interface Stage {
  readonly root: string;
  workdir: string;
  readonly env: Record<string, string>;
  user: string;
  entrypoint: readonly string[];
}

/**
 * Carries out a Containerfile where no container engine is: each stage is a folder, and what it runs is run by the programs of this machine,
 * in the folder that it names by WORKDIR. Paths in a RUN must be relative to that.
 * @throws with all that was said when a RUN fails, and for an instruction that is not known here
 */
export async function layOutImage(home: string, into: string, env: NodeJS.ProcessEnv = {}): Promise<ImageLayout> {
  const context = join(into, 'context');
  const ignored = readFileSync(join(home, '.dockerignore'), 'utf8').split('\n').filter(Boolean);
  cpSync(home, context, {
    recursive: true,
    filter: (file) => !ignored.some((pattern) => matchesGlob(relative(home, file), pattern)),
  });
  const stages = new Map<string, Stage>();
  let stage: Stage | undefined;
  for (const { word, rest } of instructionsOf(join(home, 'Containerfile'))) {
    if (word === 'FROM') {
      const [, , name = `${stages.size}`] = rest.split(' ');
      stage = { root: join(into, `stage-${name}`), workdir: '/', env: {}, user: '', entrypoint: [] };
      mkdirSync(stage.root, { recursive: true });
      stages.set(name, stage);
      continue;
    }
    if (stage === undefined) throw new Error(`${word} before the first FROM`);
    if (word === 'WORKDIR') {
      stage.workdir = rest;
      mkdirSync(join(stage.root, rest), { recursive: true });
    } else if (word === 'COPY') copy(rest, stage, stages, context);
    else if (word === 'RUN') {
      // What an engine would mount, such as the settings of npm, is there on this machine.
      const command = rest.replace(/^(--mount=\S+ +)+/, '');
      const { code, out, err } = await run('sh', ['-c', command], join(stage.root, stage.workdir), {
        ...env,
        ...stage.env,
      });
      if (code !== 0) throw new Error(`RUN ${rest} ended with ${code}:\n${out}\n${err}`);
    } else if (word === 'ENV') {
      const at = rest.indexOf('=');
      stage.env[rest.slice(0, at)] = rest.slice(at + 1);
    } else if (word === 'USER') stage.user = rest;
    else if (word === 'ENTRYPOINT') stage.entrypoint = JSON.parse(rest) as string[];
    else if (word !== 'EXPOSE') throw new Error(`${word} is not known here`);
  }
  if (stage === undefined) throw new Error('there is no FROM');
  return stage;
}

/** A folder's content goes where it is told to, a file into it. */
function copy(rest: string, stage: Stage, stages: ReadonlyMap<string, Stage>, context: string): void {
  const words = rest.split(' ');
  const from = words.find((each) => each.startsWith('--from='))?.slice('--from='.length);
  const base = from === undefined ? context : stages.get(from)?.root;
  if (base === undefined) throw new Error(`COPY --from=${from}: there is no such stage`);
  const paths = words.filter((each) => !each.startsWith('--'));
  const to = join(stage.root, stage.workdir, paths.at(-1) ?? '');
  for (const path of paths.slice(0, -1)) {
    const source = join(base, path);
    if (!existsSync(source)) throw new Error(`COPY ${path}: it is not in the ${from ?? 'context'}`);
    const target = statSync(source).isDirectory() ? to : join(to, basename(path));
    cpSync(source, target, { recursive: true, verbatimSymlinks: true });
  }
}
