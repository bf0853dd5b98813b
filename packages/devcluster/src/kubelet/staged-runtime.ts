import type { Clock } from '../clock.js';
import type { Pod } from '../kinds.js';
import type {
  ContainerExit,
  ContainerRuntime,
  PodSandbox,
  RunningContainer,
  StartRequest,
} from './container-runtime.js';
import type { Refusal } from './image-program.js';

/** What becomes of a container without any process. All times in milliseconds of the cluster's clock. */
export interface StagedOutcome {
  /** From its start to ready. `never` stays not ready. Default 0. */
  readonly readyAfter?: number | 'never';
  /** The container ends by itself, or by `reason`, `OOMKilled` for one, and leaves its termination `message`. Default: never. */
  readonly exit?: {
    readonly after: number;
    readonly code: number;
    readonly reason?: string;
    readonly message?: string;
  };
  /** The probes of the manifest are run, and none of them is answered. */
  readonly deaf?: boolean;
  /** The probes of the manifest are run; after so long none of them is answered any more. */
  readonly deafAfter?: number;
  /** It does not even start. */
  readonly refuse?: Refusal;
  /** What it prints when it starts, lines with their ends. Default: that it runs by script. */
  readonly says?: string;
  /** Whether it ignores SIGTERM and has to be killed. */
  readonly ignoresTerm?: boolean;
}

/** Decides for each container how it goes. Asked again at each restart. */
export type Script = (pod: Pod, container: string, restartCount: number) => StagedOutcome;

/** Init containers end well at once, pods of Jobs after a second; all others are ready at once and stay. */
export const smoothScript: Script = (pod, container) => {
  const init = pod.spec.initContainers?.find(({ name }) => name === container);
  if (init !== undefined) return init.restartPolicy === 'Always' ? {} : { exit: { after: 0, code: 0 } };
  const ofJob = pod.metadata.ownerReferences?.some(({ kind }) => kind === 'Job') === true;
  return ofJob ? { exit: { after: 1_000, code: 0 } } : {};
};

/**
 * Runs containers by script instead of by process, so that a test moves a whole cluster through hours in milliseconds.
 * Probes are not executed and images always found, as in KWOK, unless the script says otherwise.
 */
export class StagedRuntime implements ContainerRuntime {
  readonly #stops = new Set<() => void>();

  constructor(
    readonly clock: Clock,
    readonly script: Script = smoothScript,
  ) {}

  async pull(image: string, pod: Pod): Promise<Refusal | undefined> {
    const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
    const name = containers.find((container) => container.image === image)?.name ?? '';
    const { refuse } = this.script(pod, name, 0);
    return refuse?.refuse === 'image' ? refuse : undefined;
  }

  async sandbox(pod: Pod): Promise<PodSandbox> {
    return {
      mount: async () => {},
      start: async (request) => this.#start(pod, request),
      endpoint: () => undefined,
      close: async () => {},
    };
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops) stop();
    this.#stops.clear();
  }

  #start(pod: Pod, { container, restartCount, log }: StartRequest): RunningContainer | Refusal {
    const outcome = this.script(pod, container.name, restartCount);
    if (outcome.refuse !== undefined) return outcome.refuse;
    const { readyAfter = 0, exit, ignoresTerm = false, deaf = false, deafAfter } = outcome;
    const deafFrom = deaf ? 0 : this.clock.now() + (deafAfter ?? Number.POSITIVE_INFINITY);
    let end: (exit: ContainerExit) => void = () => {};
    const exited = new Promise<ContainerExit>((resolve) => {
      end = resolve;
    });
    const timers: (() => void)[] = [];
    if (exit !== undefined) {
      const { after, code: exitCode, ...told } = exit;
      timers.push(this.clock.after(after, () => end({ exitCode, ...told })));
    }
    const readiness = new Promise<void>((resolve) => {
      if (readyAfter === 0) resolve();
      else if (readyAfter !== 'never') timers.push(this.clock.after(readyAfter, resolve));
    });
    const stop = () => {
      for (const cancel of timers.splice(0)) cancel();
    };
    this.#stops.add(stop);
    void exited.then(() => {
      stop();
      this.#stops.delete(stop);
    });
    log.append(outcome.says ?? `${container.name} of ${pod.metadata.name} runs by script\n`);
    return {
      exited,
      ...(deaf || deafAfter !== undefined ? {} : { readiness }),
      probe: async () => (this.clock.now() >= deafFrom ? { ok: false, message: 'connection refused' } : { ok: true }),
      signal: (signal) => {
        if (signal === 'SIGKILL') end({ exitCode: 137, signal: 9 });
        else if (!ignoresTerm) end({ exitCode: 143, signal: 15 });
      },
    };
  }
}
