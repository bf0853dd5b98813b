import { WORKSPACES } from '../api/resources.js';
import type { Clock } from '../clock.js';
import { Controller } from '../engine/controller.js';
import type { Log } from '../engine/log.js';
import type { ObjectKey } from '../engine/object-key.js';
import { done, type Outcome, waiting } from '../engine/outcome.js';
import type { KubeClient } from '../kube/client.js';
import type { Cache } from '../kube/informer.js';
import type { KubeObject } from '../kube/objects.js';
import type { ClaimOwner, ClaimState, NodeProvisioner } from '../plugin/node-provisioner.js';
import { defaultLeasePolicy, type LeasePolicy } from './lease-policy.js';
import { releaseAll } from './release-all.js';

export interface LeakHuntProps {
  readonly client: KubeClient;
  readonly cache: Cache;
  readonly clock: Clock;
  readonly provisioner: NodeProvisioner;
  readonly leases?: Partial<LeasePolicy>;
}

/** The one thing it works on. No Workspace can have this name. */
const HUNT = { namespace: '', name: '(leak hunt)' };
/** A claim that is on its way out, or too young to judge, is looked at again after this long. */
const SOON_MS = 60_000;

/** A Workspace that went, as something to work on: by its uid, since its name may be another one's by now. */
function goneKey({ namespace, name, uid }: ClaimOwner): ObjectKey {
  return { namespace, name: `${name}/${uid}` };
}

function ownerOfKey({ namespace, name: text }: ObjectKey): ClaimOwner {
  const [name = '', uid = ''] = text.split('/');
  return { namespace, name, uid };
}

/**
 * Finds nodes whose Workspace is gone, at the start and at intervals, and gives them back: what a lost finalizer, a restored backup or a
 * removed installation left behind. It asks the API server itself before it condemns a claim; whatever cannot be known is left alone.
 * A Workspace that it sees go is looked at at once, by what is known without a request: as a rule it has no node left.
 */
export function leakHunt(props: LeakHuntProps): Controller<KubeObject> {
  return new LeakHunt(props);
}

class LeakHunt extends Controller<KubeObject> {
  constructor({ client, cache, clock, provisioner, leases }: LeakHuntProps) {
    const policy = { ...defaultLeasePolicy, ...leases };
    const workspaces = cache.informer(WORKSPACES);

    /** Whether no Workspace stands behind the claim. The cache is believed when it says there is one, and never when it says none. */
    async function leaked({ owner, createdAt }: ClaimState): Promise<boolean> {
      if (workspaces.get(owner.namespace, owner.name)?.metadata.uid === owner.uid) return false;
      if (createdAt !== undefined && clock.now() - Date.parse(createdAt) < policy.leakGraceMs) return false;
      const live = await client.get(WORKSPACES, owner.namespace, owner.name);
      return live === undefined || live.metadata.uid !== owner.uid;
    }

    const isThere = ({ namespace, name, uid }: ClaimOwner): boolean =>
      workspaces.get(namespace, name)?.metadata.uid === uid;

    /** Those whom a change takes away: the one that is deleted, and the one whose name another has now. */
    function goneWith({ metadata }: KubeObject): readonly ObjectKey[] {
      const owner = { namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid ?? '' };
      return isThere(owner) ? [] : [goneKey(owner)];
    }

    async function follow(owner: ClaimOwner, log: Log): Promise<Outcome> {
      const claims = isThere(owner) ? [] : await provisioner.observe(owner);
      if (claims.length === 0) return done;
      const live = await client.get(WORKSPACES, owner.namespace, owner.name);
      if (live?.metadata.uid === owner.uid) return done;
      for (const { name, phase } of claims) tell(log, { name, phase, owner });
      const going = await releaseAll(provisioner, claims);
      return going.length > 0 ? waiting('LeakHunt', 'nodes of a Workspace that is gone are going', SOON_MS) : done;
    }

    async function hunt(log: Log): Promise<boolean> {
      let again = false;
      const leaks: ClaimState[] = [];
      for await (const claim of provisioner.owned()) {
        const { owner } = claim;
        if (workspaces.get(owner.namespace, owner.name)?.metadata.uid === owner.uid) continue;
        if (!(await leaked(claim))) {
          again = true;
          continue;
        }
        tell(log, claim);
        leaks.push(claim);
      }
      const going = await releaseAll(provisioner, leaks);
      return again || going.length > 0;
    }

    super({
      name: 'leak-hunt',
      resource: WORKSPACES,
      predicate: () => false,
      watches: [{ resource: WORKSPACES, map: goneWith }],
      reconcile: async (key, { log }) => {
        if (key.name !== HUNT.name) return follow(ownerOfKey(key), log);
        const again = await hunt(log);
        return waiting('LeakHunt', 'nodes without an owner are looked for again', again ? SOON_MS : policy.leakHuntMs);
      },
    });
  }

  override start(): void {
    super.start();
    this.enqueue(HUNT, 'start');
  }
}

function tell(log: Log, { name, phase, owner }: Pick<ClaimState, 'name' | 'phase' | 'owner'>): void {
  log.warn('releasing a node whose Workspace is gone', {
    claim: name,
    phase,
    owner: `${owner.namespace}/${owner.name}`,
  });
}
