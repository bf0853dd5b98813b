import type { ApiTransport } from '@kaito-sdk/devcluster';
import { Comparable, type Difference, differences, type Said } from './difference.js';
import { type Episode, episode, type Step } from './episode.js';
import { known } from './known.js';

export interface FuzzOptions {
  readonly real: ApiTransport;
  readonly ours: ApiTransport;
  readonly seed: number;
  /** Requests in all, rounded up to whole episodes. */
  readonly steps: number;
  /** Plurals. */
  readonly kinds: readonly string[];
  /** Begins the names of the namespaces, of which no other run may have any. */
  readonly prefix: string;
  /** Told of each episode that is done. */
  readonly progress?: (steps: number) => void;
}

/** A difference nobody has explained, with the fewest requests found that show it. */
export interface Find {
  /** Replays it: `npm run fuzz -- --seed SEED --steps 40`. */
  readonly seed: number;
  readonly plural: string;
  /** The last of them is the one that is answered differently. */
  readonly steps: readonly Step[];
  readonly differences: readonly Difference[];
}

/** What a run has seen. */
export interface FuzzReport {
  readonly steps: number;
  readonly finds: readonly Find[];
  /** How often each known difference was met, by its reason. */
  readonly explained: Readonly<Record<string, number>>;
}

/** Requests in one episode; long enough that managers, finalizers and generations meet. */
export const EPISODE = 40;

/**
 * Sends the same random requests to a real server and to devcluster and compares each answer. An episode ends at its first
 * difference, since the servers hold different objects from there on.
 */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const explained: Record<string, number> = {};
  const finds: Find[] = [];
  let sent = 0;
  let namespaces = 0;
  const fresh = (): string => `${options.prefix}-${namespaces++}`;
  for (let seed = options.seed; sent < options.steps; seed++) {
    const whole = episode(seed, EPISODE, options.kinds, fresh());
    const mismatch = await play(options, whole);
    sent += mismatch === undefined ? EPISODE : mismatch.index + 1;
    if (mismatch?.because !== undefined) explained[mismatch.because] = (explained[mismatch.because] ?? 0) + 1;
    else if (mismatch !== undefined) finds.push(await shrink(options, whole, mismatch, fresh));
    options.progress?.(sent);
  }
  return { steps: sent, finds, explained };
}

interface Mismatch {
  readonly index: number;
  readonly differences: readonly Difference[];
  readonly because: string | undefined;
}

/** Plays an episode up to its first difference. */
async function play(options: FuzzOptions, { plural, namespace, steps }: Episode): Promise<Mismatch | undefined> {
  const home: Step = { method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: namespace } } };
  for (const server of [options.real, options.ours]) {
    const { status } = await send(server, home);
    if (status !== 201) throw new Error(`namespace ${namespace} was answered ${status}; give the run another prefix`);
  }
  const real = new Comparable();
  const ours = new Comparable();
  for (const [index, step] of steps.entries()) {
    const [theirs, mine] = await Promise.all([send(options.real, step), send(options.ours, step)]);
    const found = differences(real.of(theirs), ours.of(mine));
    if (found.length === 0) continue;
    const mismatch = { plural, step, earlier: steps.slice(0, index), differences: found };
    const reasons = found.map((each) => known.find((one) => one.matches(each, mismatch))?.because);
    const because = reasons.every((reason) => reason !== undefined) ? reasons[0] : undefined;
    return { index, differences: found, because };
  }
  return undefined;
}

/** Leaves out one request after the other, as long as the same difference is seen without it. */
async function shrink(options: FuzzOptions, whole: Episode, first: Mismatch, fresh: () => string): Promise<Find> {
  let steps = whole.steps.slice(0, first.index + 1);
  let shown = first.differences;
  for (let out = steps.length - 2; out >= 0; out--) {
    const namespace = fresh();
    const moved = steps.filter((_, index) => index !== out);
    const inPlace = moved.map((step) => ({
      ...step,
      path: step.path.replace(/namespaces\/[^/]+/, `namespaces/${namespace}`),
    }));
    const again = await play(options, { ...whole, namespace, steps: inPlace });
    if (again?.index !== moved.length - 1 || again.differences[0]?.at !== shown[0]?.at) continue;
    steps = moved;
    shown = again.differences;
  }
  return { seed: whole.seed, plural: whole.plural, steps, differences: shown };
}

async function send(server: ApiTransport, step: Step): Promise<Said> {
  const { method, path, body } = step;
  const headers: Record<string, string> = { 'user-agent': 'fuzz/1.0' };
  if (body !== undefined) headers['content-type'] = step.contentType ?? 'application/json';
  const answer = await server.request({
    method,
    path,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  let text = '';
  for await (const piece of answer.body) text += piece;
  const isJson = answer.headers['content-type']?.startsWith('application/json') === true;
  return { status: answer.status, warning: answer.headers.warning, body: isJson ? JSON.parse(text) : text };
}
