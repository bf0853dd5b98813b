import type { Clock } from '../clock.js';
import type { Container, ContainerStatus } from '../kinds.js';
import { BackOff } from './back-off.js';
import { MissingConfig } from './config-lookup.js';
import { ContainerLog } from './container-log.js';
import { type ContainerExit, isRefusal, type PodSandbox, type RunningContainer } from './container-runtime.js';
import { expand } from './env.js';
import type { Refusal } from './image-program.js';
import { wordsOfLog } from './last-words.js';
import type { ContainerRecord, TerminatedState } from './pod-status.js';
import { type ProbePace, startProbes } from './prober.js';
import { sleep } from './sleep.js';

/** What a container needs of its pod. */
export interface RunnerSurroundings {
  readonly clock: Clock;
  readonly sandbox: PodSandbox;
  /** `name_namespace(uid)`, as in the kubelet's messages. */
  readonly podLabel: string;
  readonly restartPolicy: string;
  readonly gracePeriodMs: number;
  readonly pace: ProbePace;
  /** Brings the image onto the node; answers what to say about it, or the refusal. */
  pull(container: Container): Promise<{ readonly said: string } | Refusal>;
  env(container: Container): Promise<Record<string, string>>;
  event(type: 'Normal' | 'Warning', reason: string, message: string, container: string): void;
  /** Called after each change of the record. */
  changed(): void;
}

const configRetryMs = 10_000;

/** Lives one container of a pod: pull, configure, start, probe, restart with back-off, stop. Messages are the kubelet's (1.34). */
export class ContainerRunner {
  readonly record: ContainerRecord;
  log: ContainerLog | undefined;
  /** What the run before wrote; while it waits to be started again, what the last one did. */
  previousLog: ContainerLog | undefined;
  readonly #pod: RunnerSurroundings;
  readonly #end = new AbortController();
  readonly #crashes = new BackOff(0);
  readonly #pulls = new BackOff(10_000);
  #running: RunningContainer | undefined;
  #killed: Promise<void> = Promise.resolve();

  /** `before` is what the status says of an earlier life of the container, on a node that has been restarted since. */
  constructor(pod: RunnerSurroundings, container: Container, role: ContainerRecord['role'], before?: ContainerStatus) {
    this.#pod = pod;
    const reason = role === 'main' ? 'ContainerCreating' : 'PodInitializing';
    this.record = { container, role, state: { is: 'waiting', reason }, ready: false, started: false, restartCount: 0 };
    const ended = before === undefined ? undefined : endedWithNode(before, pod.clock.now());
    if (before === undefined || ended === undefined) return;
    this.record.lastState = ended;
    this.record.restartCount = before.restartCount + 1;
  }

  /** Ends when the container is not to be started again, or has been stopped. */
  async run(): Promise<void> {
    while (!this.#end.signal.aborted) {
      const exit = await this.#once();
      if (exit === undefined) return;
      this.#finished(exit);
      if (this.#end.signal.aborted || !this.#startsAgain(exit)) return;
      await this.#backOff(exit);
      if (this.#end.signal.aborted) return;
      this.record.restartCount++;
    }
  }

  /** Ends it for good: SIGTERM, then SIGKILL after the grace period. */
  async stop(graceMs: number): Promise<void> {
    const first = !this.#end.signal.aborted;
    this.#end.abort();
    if (this.#running === undefined) return;
    if (first) this.#say('Normal', 'Killing', `Stopping container ${this.record.container.name}`);
    this.#kill(graceMs);
    await this.#killed;
  }

  #kill(graceMs: number): void {
    const running = this.#running;
    if (running === undefined) return;
    const cancel = this.#pod.clock.after(graceMs, () => running.signal('SIGKILL'));
    running.signal(graceMs <= 0 ? 'SIGKILL' : 'SIGTERM');
    this.#killed = running.exited.then(cancel);
  }

  /** One run, from image to exit. Undefined when it was stopped before it began. */
  async #once(): Promise<TerminatedState | undefined> {
    const { clock } = this.#pod;
    while (!this.#end.signal.aborted) {
      const started = await this.#start();
      if (started === 'retry') continue;
      const startedAt = clock.now();
      const exit = 'exited' in started ? await this.#watch(started) : started;
      this.#crashes.quietFor(clock.now() - startedAt);
      const message = exit.message ?? wordsOfLog(this.record.container, exit.exitCode, this.log);
      return {
        is: 'terminated',
        exitCode: exit.exitCode,
        ...(exit.signal === undefined ? {} : { signal: exit.signal }),
        reason: exit.reason ?? (exit.exitCode === 0 ? 'Completed' : 'Error'),
        ...(message === undefined ? {} : { message }),
        startedAt,
        finishedAt: clock.now(),
      };
    }
    return undefined;
  }

  async #start(): Promise<RunningContainer | ContainerExit | 'retry'> {
    const { container } = this.record;
    const pulled = await this.#pod.pull(container);
    if (isRefusal(pulled)) {
      return pulled.refuse === 'image'
        ? this.#pullFailed(pulled.message)
        : this.#waitFor('ErrImageNeverPull', pulled.message);
    }
    if (this.#end.signal.aborted) return 'retry';
    this.#say('Normal', 'Pulled', pulled.said);
    let env: Record<string, string>;
    try {
      env = await this.#pod.env(container);
    } catch (error) {
      if (!(error instanceof MissingConfig)) throw error;
      return this.#waitFor('CreateContainerConfigError', error.message);
    }
    if (this.#end.signal.aborted) return 'retry';
    const log = new ContainerLog(() => this.#pod.clock.now());
    const answer = await this.#pod.sandbox.start({
      container,
      env,
      command: (container.command ?? []).map((word) => expand(word, env)),
      args: (container.args ?? []).map((word) => expand(word, env)),
      restartCount: this.record.restartCount,
      log,
    });
    if (!isRefusal(answer)) return this.#begun(answer, log);
    switch (answer.refuse) {
      case 'image':
        return this.#pullFailed(answer.message);
      case 'create':
        return this.#waitFor('CreateContainerError', answer.message);
      case 'start':
        this.#say('Normal', 'Created', `Created container: ${container.name}`);
        this.#say('Warning', 'Failed', `Error: ${answer.message}`);
        return { exitCode: 128, reason: 'StartError', message: answer.message };
      case 'exit':
        this.#begun(undefined, log);
        log.append(`${answer.message}\n`);
        log.end();
        return { exitCode: answer.code };
    }
  }

  #begun(running: RunningContainer, log: ContainerLog): RunningContainer;
  #begun(running: undefined, log: ContainerLog): undefined;
  #begun(running: RunningContainer | undefined, log: ContainerLog): RunningContainer | undefined {
    const { name } = this.record.container;
    this.log = log;
    this.#running = running;
    this.record.state = { is: 'running', startedAt: this.#pod.clock.now() };
    this.record.ready = false;
    this.record.started = false;
    this.#say('Normal', 'Created', `Created container: ${name}`);
    this.#say('Normal', 'Started', `Started container ${name}`);
    return running;
  }

  async #watch(running: RunningContainer): Promise<ContainerExit> {
    const over = new AbortController();
    const { record } = this;
    const { container } = record;
    startProbes(
      container,
      running,
      this.#pod.clock,
      this.#pod.pace,
      {
        started: () => {
          record.started = true;
          this.#pod.changed();
        },
        ready: (ready) => {
          if (record.ready === ready) return;
          record.ready = ready;
          this.#pod.changed();
        },
        restart: (kind) => {
          if (this.#end.signal.aborted) return;
          over.abort();
          this.#say('Normal', 'Killing', `Container ${container.name} failed ${kind} probe, will be restarted`);
          this.#kill(this.#pod.gracePeriodMs);
        },
        unhealthy: (message) => this.#say('Warning', 'Unhealthy', message),
      },
      over.signal,
    );
    this.#pod.changed();
    // Stopped while it was being started: nobody else has told it yet.
    if (this.#end.signal.aborted) this.#kill(this.#pod.gracePeriodMs);
    const exit = await running.exited;
    over.abort();
    this.#running = undefined;
    this.log?.end();
    return exit;
  }

  #finished(exit: TerminatedState): void {
    this.record.state = exit;
    this.record.ready = false;
    this.record.started = false;
    this.#pod.changed();
  }

  #startsAgain({ exitCode }: TerminatedState): boolean {
    if (this.record.role === 'sidecar') return true;
    if (this.record.role === 'init') return exitCode !== 0 && this.#pod.restartPolicy !== 'Never';
    return this.#pod.restartPolicy === 'Always' || (this.#pod.restartPolicy === 'OnFailure' && exitCode !== 0);
  }

  async #backOff(exit: TerminatedState): Promise<void> {
    const { container } = this.record;
    const delay = this.#crashes.next();
    this.record.lastState = exit;
    this.previousLog = this.log;
    if (delay === 0) return;
    const message = `back-off ${goDuration(delay)} restarting failed container=${container.name} pod=${this.#pod.podLabel}`;
    this.record.state = { is: 'waiting', reason: 'CrashLoopBackOff', message };
    this.#say(
      'Warning',
      'BackOff',
      `Back-off restarting failed container ${container.name} in pod ${this.#pod.podLabel}`,
    );
    this.#pod.changed();
    await sleep(this.#pod.clock, delay, this.#end.signal);
  }

  async #pullFailed(why: string): Promise<'retry'> {
    const { image } = this.record.container;
    this.record.state = { is: 'waiting', reason: 'ErrImagePull', message: why };
    this.#say('Warning', 'Failed', `Failed to pull image "${image}": ${why}`);
    this.#say('Warning', 'Failed', 'Error: ErrImagePull');
    this.#pod.changed();
    const delay = this.#pulls.next();
    // The kubelet shows the error itself for a moment, then that it waits.
    if (!(await sleep(this.#pod.clock, 1_000, this.#end.signal))) return 'retry';
    this.record.state = {
      is: 'waiting',
      reason: 'ImagePullBackOff',
      message: `Back-off pulling image "${image}": ErrImagePull: ${why}`,
    };
    this.#say('Normal', 'BackOff', `Back-off pulling image "${image}"`);
    this.#say('Warning', 'Failed', 'Error: ImagePullBackOff');
    this.#pod.changed();
    await sleep(this.#pod.clock, delay - 1_000, this.#end.signal);
    return 'retry';
  }

  async #waitFor(reason: string, message: string): Promise<'retry'> {
    this.record.state = { is: 'waiting', reason, message };
    this.#say('Warning', 'Failed', `Error: ${message}`);
    this.#pod.changed();
    await sleep(this.#pod.clock, configRetryMs, this.#end.signal);
    return 'retry';
  }

  #say(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#pod.event(type, reason, message, this.record.container.name);
  }
}

/** What ran when its node went down: nobody knows how it ended, which the kubelet says as exit code 255. */
function endedWithNode({ state, lastState }: ContainerStatus, now: number): TerminatedState | undefined {
  const timeOf = (text: string | undefined): number => (text === undefined ? now : Date.parse(text));
  const running = state?.running;
  const terminated = state?.terminated ?? lastState?.terminated;
  if (running !== undefined) {
    return {
      is: 'terminated',
      exitCode: 255,
      reason: 'Unknown',
      startedAt: timeOf(running.startedAt),
      finishedAt: now,
    };
  }
  if (terminated === undefined) return undefined;
  const { exitCode, reason, startedAt, finishedAt } = terminated;
  return { is: 'terminated', exitCode, reason, startedAt: timeOf(startedAt), finishedAt: timeOf(finishedAt) };
}

/** `10s`, `1m20s`: a duration as Go prints it. */
export function goDuration(ms: number): string {
  if (ms < 1000) return ms === 0 ? '0s' : `${ms}ms`;
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
