import { conditionTypes } from '../api/conditions.js';
import type { WorkspaceStatus } from '../api/status.js';
import type { ClaimOwner, NodeProvisioner } from '../plugin/node-provisioner.js';
import type { ProvisionerPlugin } from '../plugin/provisioner-plugin.js';
import { isTrue } from '../resource/conditions.js';
import { InvariantBroken } from './cluster/invariants.js';

/** The Workspace as the API server has it at this moment: past every cache, and past the connection of the operator under test. */
export type ReadWorkspace = (
  owner: Pick<ClaimOwner, 'namespace' | 'name'>,
) => Promise<object | undefined> | object | undefined;

/**
 * Law 1 over a whole run, whatever the cloud: everything that costs money goes through `claim` of a provisioner, and there it is looked
 * whether the Workspace's condition `Planned` stands as `True` in the cluster. A claim that comes too early is refused and remembered,
 * so that the run fails even where the operator would try again. Every world that runs Workspaces is to have one.
 *
 * ```ts
 * const law = new PlanBeforeSpend(({ namespace, name }) => client.get(WORKSPACES, namespace, name));
 * const operator = kaitoOperator({ installed: { ...installed, provisioner: law.over(installed.provisioner) }, … });
 * // … at the end
 * law.verify();
 * ```
 */
export class PlanBeforeSpend {
  private readonly found: string[] = [];
  private asked = 0;

  constructor(private readonly read: ReadWorkspace) {}

  /** Claims without a Plan, one sentence each. */
  get broken(): readonly string[] {
    return this.found;
  }

  /** How many claims were looked at: a run that saw none has shown nothing. */
  get claims(): number {
    return this.asked;
  }

  /** The plugin, each of whose provisioners is watched. */
  over(plugin: ProvisionerPlugin): ProvisionerPlugin {
    return replaced(plugin, { connect: (cluster) => this.watched(plugin.connect(cluster)) });
  }

  /** The provisioner, watched. */
  watched(provisioner: NodeProvisioner): NodeProvisioner {
    return replaced(provisioner, {
      claim: async (request) => {
        await this.look(request.owner, request.name);
        await provisioner.claim(request);
      },
    });
  }

  /** @throws InvariantBroken when something was asked for without a Plan */
  verify(): void {
    if (this.found.length > 0) throw new InvariantBroken(`plan before spend: ${this.found.join('; ')}`);
  }

  private async look(owner: ClaimOwner, claim: string): Promise<void> {
    this.asked++;
    const workspace = await this.read(owner);
    const { status } = (workspace ?? {}) as { readonly status?: WorkspaceStatus };
    if (isTrue(status?.conditions, conditionTypes.planned)) return;
    const state = workspace === undefined ? 'which does not exist' : 'whose condition Planned is not True';
    this.found.push(`claim ${claim} was asked for by Workspace ${owner.namespace}/${owner.name}, ${state}`);
    throw new InvariantBroken(this.found.at(-1));
  }
}

/** The same object with some methods replaced. A proxy, because what a provisioner has beside the contract must stay in reach. */
function replaced<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get(_target, key) {
      if (key in methods) return methods[key as keyof T];
      const value: unknown = Reflect.get(target, key, target);
      // A class with private fields knows only itself.
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
