/** A fault in the source of the operator: this text of a compiled file becomes that one. */
export interface Mutant {
  readonly name: string;
  /** Below `packages/`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const WORKSPACE = 'core/dist/workspace';
const KARPENTER = 'provider-karpenter/dist';
const AKS = 'provider-aks/dist';

/** Faults that people make in operators. The harness must notice each of them. */
export const mutants: readonly Mutant[] = [
  {
    name: 'buys without a finalizer',
    file: `${WORKSPACE}/prepare.js`,
    from: 'if (!(await cluster.ensureFinalizer(workspace)))',
    to: 'if (false)',
  },
  {
    name: 'lets the Workspace go before its nodes',
    file: `${WORKSPACE}/release.js`,
    from: 'if (going.length > 0)',
    to: 'if (false)',
  },
  {
    name: 'gives claims names by chance',
    file: `${WORKSPACE}/claim-names.js`,
    from: 'JSON.stringify([owner.namespace,',
    to: 'JSON.stringify([globalThis.process.hrtime.bigint().toString(), owner.namespace,',
  },
  {
    name: 'asks before it has said so',
    file: `${WORKSPACE}/claim-nodes.js`,
    from: 'if (untold)',
    to: 'if (false)',
  },
  {
    name: 'writes the end of a lease down after the release',
    file: `${WORKSPACE}/finish-tuning.js`,
    from: 'await context.publish(outcome);',
    to: ';',
  },
  {
    name: 'writes the end of a lease down after the release, where the plan has moved on',
    file: `${WORKSPACE}/release-surplus.js`,
    from: 'await context.publish(done);',
    to: ';',
  },
  {
    name: 'keeps the nodes of an earlier plan',
    file: `${WORKSPACE}/reconcile-workspace.js`,
    from: "    [releaseSurplus, 'giving nodes back'],",
    to: '',
  },
  {
    name: 'finds no leak',
    file: `${WORKSPACE}/leak-hunt.js`,
    from: 'for await (const claim of provisioner.owned())',
    to: 'for await (const claim of [])',
  },
  {
    name: 'does not try again after an error',
    file: 'core/dist/engine/controller.js',
    from: "const retryInMs = queue.retry(text, 'retry after an error');",
    to: 'const retryInMs = 0;',
  },
  {
    name: 'trusts its cache alone when a Workspace goes',
    file: `${WORKSPACE}/release.js`,
    from: 'cached.length > 0 ? cached : await provisioner.observe(owner, { fresh: true })',
    to: 'cached',
  },
  {
    name: 'makes its status from the first it ever saw',
    file: `${WORKSPACE}/workspace-pass.js`,
    from: 'new StatusDraft(status,',
    to: 'new StatusDraft(((props.client.firstSeen ??= {})[object.metadata.uid] ??= status),',
  },
  {
    name: 'goes on where its status could not be written',
    file: `${WORKSPACE}/workspace-pass.js`,
    from: 'if (isNotFound(error))',
    to: 'if (true)',
  },
  {
    name: 'sleeps past its deadlines',
    file: `${WORKSPACE}/workspace-controller.js`,
    from: 'lookAgain(context.awake(outcome), claims)',
    to: 'lookAgain(outcome, claims)',
  },
  {
    name: 'keeps no leases',
    file: `${WORKSPACE}/keep-leases.js`,
    from: 'context.wakeAt(deadline);\n    return now < deadline ?',
    to: 'return true ?',
  },
  {
    name: 'does not see that a node is gone',
    file: `${WORKSPACE}/keep-leases.js`,
    from: "if (verdict?.failure === 'vanished')\n        return verdict;",
    to: "if (verdict?.failure === 'vanished') return undefined;",
  },
  {
    name: 'keeps a node that is preferred no longer',
    file: `${WORKSPACE}/judge-lease.js`,
    from: 'if (claim.own && !prefers(workspace, claim.nodeName))',
    to: 'if (false)',
  },
  {
    name: 'takes the offer again that has just failed',
    file: `${WORKSPACE}/offer-memory.js`,
    from: '    return bad;',
    to: '    return [];',
  },
  {
    name: 'buys beside a node that is preferred',
    file: `${WORKSPACE}/claim-nodes.js`,
    from: 'const putOff = await takePreferred(context);',
    to: 'const putOff = undefined;',
  },
  {
    name: 'looks for leaks only once',
    file: `${WORKSPACE}/leak-hunt.js`,
    from: "return waiting('LeakHunt', 'nodes without an owner are looked for again', again ? SOON_MS : policy.leakHuntMs);",
    to: 'return done;',
  },
  {
    name: 'minds no Workspace that goes without its nodes',
    file: `${WORKSPACE}/leak-hunt.js`,
    from: 'const claims = isThere(owner) ? [] : await provisioner.observe(owner);',
    to: 'const claims = [];',
  },
  {
    name: 'takes a Workspace for the one of that name that was there before',
    file: `${WORKSPACE}/leak-hunt.js`,
    from: 'metadata.uid === owner.uid)\n                    continue;',
    to: 'metadata.uid !== undefined)\n                    continue;',
  },
  {
    name: 'tunes again when the Job is gone',
    file: `${WORKSPACE}/finish-tuning.js`,
    from: 'if (tuned?.ended === run && tuned.outcome !== undefined)',
    to: 'if (false)',
  },
  {
    name: 'forgets the image that a tuning has pushed',
    file: `${WORKSPACE}/finish-tuning.js`,
    from: '...(result.image ? { image: result.image } : {}),',
    to: '',
  },
  {
    name: 'goes on with the Plan from before a change',
    file: `${WORKSPACE}/decide.js`,
    from: 'const decision = await onLadder(context, best);',
    to: 'const decision = before?.feasible ? before : await onLadder(context, best);',
  },
  {
    name: 'writes although another one leads',
    file: 'core/dist/engine/fenced-transport.js',
    from: 'if (!mayWrite())',
    to: 'if (false)',
  },
  {
    name: 'takes the labels of a node from the Workspace that was made again',
    file: 'core/dist/byo/own-nodes.js',
    from: 'if (others.some(',
    to: 'if (false && others.some(',
  },
  {
    name: 'asks the cloud to take back a preferred node that its cache does not show',
    file: 'core/dist/byo/preferred-nodes.js',
    from: 'ref.own || this.own.has(ref)',
    to: 'this.own.has(ref)',
  },
  {
    name: 'takes a claim that is there already for a failure',
    file: `${KARPENTER}/karpenter-provisioner.js`,
    from: 'if (!isAlreadyExists(error))',
    to: "if (isAlreadyExists(error)) throw new ProvisioningError('capacity', 'AlreadyExists', 'there is one'); else",
  },
  {
    name: 'thinks a node gone that was only asked to go',
    file: `${KARPENTER}/karpenter-provisioner.js`,
    from: "? 'going' : 'gone'",
    to: "? 'gone' : 'gone'",
  },
  {
    name: 'makes a second slot for a claim whose answer was lost',
    file: `${KARPENTER}/static-pool-provisioner.js`,
    from: 'if (slots.some(({ claim }) => claim === name))',
    to: 'if (false)',
  },
  {
    name: 'gives a pool of a single machine back and leaves the pool',
    file: `${KARPENTER}/static-pool-provisioner.js`,
    from: 'await client.delete(NODE_POOLS, undefined, pool.metadata.name, uidOf(pool));',
    to: ';',
  },
  {
    name: 'takes a deletion that is under way at Azure for done',
    file: `${AKS}/aks-provisioner.js`,
    from: "if (pool.provisioningState === 'Deleting')\n            return 'going';",
    to: "if (pool.provisioningState === 'Deleting')\n            return 'gone';",
  },
  {
    name: 'lets Azure finish a pool that nobody wants any more',
    file: `${AKS}/aks-provisioner.js`,
    from: 'await this.pools.abort(name).catch(() => undefined);',
    to: '',
  },
  {
    name: 'does not look again at what Azure is working on',
    file: `${AKS}/pool-state.js`,
    from: '...(atRest(pool) ? {} : { lookAgainMs: POLL_MS }),',
    to: '',
  },
  {
    name: 'changes agent pools although another one leads',
    file: `${AKS}/fenced-pools.js`,
    from: '        mayAct();',
    to: '',
  },
];
