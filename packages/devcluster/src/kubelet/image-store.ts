import type { Clock } from '../clock.js';
import type { Container, Pod } from '../kinds.js';
import { goDuration } from './container-runner.js';
import { type ContainerRuntime, isRefusal } from './container-runtime.js';
import { fullReference, type Refusal } from './image-program.js';
import { sleep } from './sleep.js';

/** How long a pull takes, in milliseconds. */
export type PullDelay = number | ((image: string) => number);

interface Fetched {
  readonly refusal: Refusal | undefined;
  /** When its turn came, milliseconds since the epoch. */
  readonly began: number;
}

/** The sentence of the Pulled event. */
interface Pulled {
  readonly said: string;
}

/** The images that lie on one node. Each is pulled once; two pods that want it at the same time wait for one pull. */
export class ImageStore {
  readonly #present = new Set<string>();
  readonly #pulling = new Map<string, Promise<Fetched>>();
  /** The pull that was asked for last: the next one begins after it. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    readonly runtime: ContainerRuntime,
    readonly clock: Clock,
    readonly delay: PullDelay = 0,
  ) {}

  /** Answers the sentence of the Pulled event, or why there is no image. `pulling` is called when a pull begins. */
  pull(container: Container, pod: Pod, signal: AbortSignal, pulling: () => void): Promise<Pulled | Refusal> {
    const { image, imagePullPolicy } = container;
    return this.#bring(image, imagePullPolicy, signal, pulling, () => this.runtime.pull(image, pod));
  }

  /** The same for an image that is mounted as a volume. Nothing of it runs, so no program has to be there for it. */
  pullVolume(image: string, policy: string | undefined, signal: AbortSignal, pulling: () => void) {
    return this.#bring(image, policy, signal, pulling, async () => undefined);
  }

  async #bring(
    image: string,
    wanted: string | undefined,
    signal: AbortSignal,
    pulling: () => void,
    take: () => Promise<Refusal | undefined>,
  ): Promise<Pulled | Refusal> {
    const reference = fullReference(image);
    const policy = wanted ?? (reference.endsWith(':latest') ? 'Always' : 'IfNotPresent');
    if (policy === 'Never' && !this.#present.has(reference)) {
      return { refuse: 'create', message: `Container image "${image}" is not present with pull policy of Never` };
    }
    if (this.#present.has(reference) && policy !== 'Always') {
      return { said: `Container image "${image}" already present on machine` };
    }
    pulling();
    const asked = this.clock.now();
    const running = this.#pulling.get(reference) ?? this.#fetch(reference, image, signal, take);
    this.#pulling.set(reference, running);
    const { refusal, began } = await running.finally(() => this.#pulling.delete(reference));
    if (refusal !== undefined && isRefusal(refusal)) return refusal;
    this.#present.add(reference);
    const now = this.clock.now();
    const took = `${goDuration(now - Math.max(began, asked))} (${goDuration(now - asked)} including waiting)`;
    return { said: `Successfully pulled image "${image}" in ${took}. Image size: 0 bytes.` };
  }

  /** One pull after the other, as a kubelet does unless `serializeImagePulls` is false in its configuration. */
  #fetch(reference: string, image: string, signal: AbortSignal, take: () => Promise<Refusal | undefined>) {
    const fetched = this.#last.then(async () => {
      const began = this.clock.now();
      // Layers that lie here already make a second pull instant.
      const delay = this.#present.has(reference) ? 0 : typeof this.delay === 'number' ? this.delay : this.delay(image);
      await sleep(this.clock, delay, signal);
      return { refusal: await take(), began };
    });
    this.#last = fetched.catch(() => undefined);
    return fetched;
  }
}
