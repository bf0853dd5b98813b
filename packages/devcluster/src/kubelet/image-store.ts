import type { Clock } from '../clock.js';
import type { Container, Pod } from '../kinds.js';
import { goDuration } from './container-runner.js';
import { type ContainerRuntime, isRefusal } from './container-runtime.js';
import { fullReference, type Refusal } from './image-program.js';
import { sleep } from './sleep.js';

/** How long a pull takes, in milliseconds. */
export type PullDelay = number | ((image: string) => number);

/** The images that lie on one node. Each is pulled once; two pods that want it at the same time wait for one pull. */
export class ImageStore {
  readonly #present = new Set<string>();
  readonly #pulling = new Map<string, Promise<Refusal | undefined>>();

  constructor(
    readonly runtime: ContainerRuntime,
    readonly clock: Clock,
    readonly delay: PullDelay = 0,
  ) {}

  /** Answers the sentence of the Pulled event, or why there is no image. `pulling` is called when a pull begins. */
  async pull(
    container: Container,
    pod: Pod,
    signal: AbortSignal,
    pulling: () => void,
  ): Promise<{ readonly said: string } | Refusal> {
    const { image } = container;
    const reference = fullReference(image);
    const policy = container.imagePullPolicy ?? (reference.endsWith(':latest') ? 'Always' : 'IfNotPresent');
    if (policy === 'Never' && !this.#present.has(reference)) {
      return { refuse: 'create', message: `Container image "${image}" is not present with pull policy of Never` };
    }
    if (this.#present.has(reference) && policy !== 'Always') {
      return { said: `Container image "${image}" already present on machine` };
    }
    pulling();
    const begin = this.clock.now();
    const running = this.#pulling.get(reference) ?? this.#fetch(reference, image, pod, signal);
    this.#pulling.set(reference, running);
    const refusal = await running.finally(() => this.#pulling.delete(reference));
    if (refusal !== undefined && isRefusal(refusal)) return refusal;
    this.#present.add(reference);
    const took = goDuration(this.clock.now() - begin);
    return {
      said: `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: 0 bytes.`,
    };
  }

  async #fetch(reference: string, image: string, pod: Pod, signal: AbortSignal): Promise<Refusal | undefined> {
    // Layers that lie here already make a second pull instant.
    const delay = this.#present.has(reference) ? 0 : typeof this.delay === 'number' ? this.delay : this.delay(image);
    await sleep(this.clock, delay, signal);
    return this.runtime.pull(image, pod);
  }
}
