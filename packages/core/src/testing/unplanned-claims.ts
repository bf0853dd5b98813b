import type { Condition } from '../kube/objects.js';
import { isTrue } from '../resource/conditions.js';

/** One write that a cluster took, in the order in which it took them. Only the fields that matter here. */
export interface SeenWrite {
  /** `create`, or the verb of another write: those are looked at too, for a status may come with any of them. */
  readonly verb: string;
  /** The object as it stands after the write; absent once it is gone. */
  readonly object?: {
    readonly kind: string;
    readonly metadata: {
      readonly name?: string;
      readonly namespace?: string;
      readonly labels?: Readonly<Record<string, string>>;
    };
    readonly status?: { readonly conditions?: readonly Condition[] };
  };
}

export interface ClaimLabels {
  /** Kinds of the objects that cost money. @default NodeClaim and Machine */
  readonly kinds?: readonly string[];
  /** Labels that name the Workspace of a claim. @default those of KAITO */
  readonly name?: string;
  readonly namespace?: string;
}

/**
 * Law 1 over a whole run: the claims that were created for a Workspace whose condition `Planned` was not `True` at that moment, one
 * sentence each. Empty when nothing was bought without a Plan. Claims of nobody's are none of ours and left out.
 */
export function claimsWithoutPlan(journal: Iterable<SeenWrite>, options: ClaimLabels = {}): readonly string[] {
  const watch = new PlannedWatch(options);
  return [...journal].flatMap((entry) => watch.see(entry) ?? []);
}

/** The same, write by write: for a run that is watched while it goes on. */
export class PlannedWatch {
  private readonly planned = new Map<string, boolean>();
  private readonly kinds: ReadonlySet<string>;
  private readonly nameLabel: string;
  private readonly namespaceLabel: string;

  constructor(options: ClaimLabels = {}) {
    this.kinds = new Set(options.kinds ?? ['NodeClaim', 'Machine']);
    this.nameLabel = options.name ?? 'kaito.sh/workspace';
    this.namespaceLabel = options.namespace ?? 'kaito.sh/workspacenamespace';
  }

  /** What is wrong with this write, or nothing. */
  see({ verb, object }: SeenWrite): string | undefined {
    if (object === undefined) return undefined;
    const { name = '', namespace = '', labels = {} } = object.metadata;
    if (object.kind === 'Workspace') {
      this.planned.set(`${namespace}/${name}`, isTrue(object.status?.conditions, 'Planned'));
      return undefined;
    }
    const owner = labels[this.nameLabel];
    if (verb !== 'create' || !this.kinds.has(object.kind) || owner === undefined) return undefined;
    const workspace = `${labels[this.namespaceLabel] ?? ''}/${owner}`;
    if (this.planned.get(workspace) === true) return undefined;
    const state = this.planned.has(workspace) ? 'is not planned' : 'was never seen with a status';
    return `${object.kind} ${name} was created for Workspace ${workspace}, which ${state}`;
  }
}
