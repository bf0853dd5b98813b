import { seeded } from '@kaito-sdk/core/testing';
import { pick, type Random } from '../fault-world/bad-cloud.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What happens at one moment of a day; `at` is milliseconds since its begin. */
export type Happening = { readonly at: number } & (
  | { readonly kind: 'come'; readonly name: string; readonly what: 'serve' | 'tune' }
  | { readonly kind: 'change'; readonly name: string }
  | { readonly kind: 'go'; readonly name: string }
  /** No machine of this type, or of any, can be had. */
  | { readonly kind: 'shortage'; readonly forMs: number; readonly instanceType?: string }
  /** The next machine never joins. */
  | { readonly kind: 'bad machine' }
  | { readonly kind: 'node death' }
  /** The API server is away for so long; afterwards no watch can be taken up where it was. */
  | { readonly kind: 'API server restarts'; readonly forMs: number }
  | { readonly kind: 'operator crashes'; readonly forMs: number }
  /** The next version of the operator. */
  | { readonly kind: 'upgrade'; readonly to: 'same pods' | 'other pods' }
);

export interface DayOptions {
  readonly workspaces: number;
  readonly hours: number;
  readonly seed: number;
}

/**
 * A day: Workspaces come, stay for some hours, are changed, and go; and about once in two hours something happens to the cloud, the cluster or the
 * operator. In the last tenth everybody has gone.
 */
export function dayPlan({ workspaces, hours, seed }: DayOptions): readonly Happening[] {
  const random = seeded(seed);
  const open = hours * HOUR * 0.9;
  const happenings: Happening[] = [];
  for (let index = 0; index < workspaces; index++) {
    const name = `w${index}`;
    const what = random() < 0.2 ? 'tune' : 'serve';
    const at = Math.floor(random() * open * 0.85);
    const stay = Math.min(open - at, (0.5 + random() * 5.5) * HOUR);
    happenings.push({ at, kind: 'come', name, what });
    if (what === 'serve' && random() < 0.2) happenings.push({ at: Math.floor(at + stay / 2), kind: 'change', name });
    happenings.push({ at: Math.floor(at + stay), kind: 'go', name });
  }
  for (let at = HOUR; at < open; at += HOUR / 2)
    happenings.push({ at: at + Math.floor((random() * HOUR) / 2), ...trouble(random) });
  happenings.push({ at: Math.floor(open * 0.35), kind: 'upgrade', to: 'same pods' });
  happenings.push({ at: Math.floor(open * 0.65), kind: 'upgrade', to: 'other pods' });
  return happenings.sort((a, b) => a.at - b.at);
}

type Trouble = Extract<
  Happening,
  { kind: 'shortage' | 'bad machine' | 'node death' | 'API server restarts' | 'operator crashes' }
>;

function trouble(random: Random): Trouble extends infer One ? (One extends Trouble ? Omit<One, 'at'> : never) : never {
  const kind = pick(
    random,
    'shortage',
    'bad machine',
    'node death',
    'node death',
    'API server restarts',
    'operator crashes',
  );
  switch (kind) {
    case 'shortage':
      return {
        kind,
        forMs: (10 + random() * 30) * MINUTE,
        ...(random() < 0.5 ? { instanceType: 'Standard_NC6s_v3' } : {}),
      };
    case 'API server restarts':
      return { kind, forMs: (0.5 + random() * 2) * MINUTE };
    case 'operator crashes':
      return { kind, forMs: random() * 2 * MINUTE };
    default:
      return { kind };
  }
}
