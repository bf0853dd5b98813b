import { fileURLToPath } from 'node:url';
import {
  type Condition,
  type KubeObject,
  type Operator,
  type ProvisionerPlugin,
  type ResourceKind,
  systemClock,
  WORKSPACES,
} from '@kaito-sdk/core';
import { PlanBeforeSpend } from '@kaito-sdk/core/testing';
import { installPlugins, kaitoOperator, operatorConfig } from '@kaito-sdk/operator';
import { expect } from 'chai';
import type { ControlPlane } from '../../dist/control-plane.js';
import { eventually } from '../../dist/eventually.js';
import { RecordingTransport } from '../../dist/recording-transport.js';
import { strictTransport } from '../../dist/strict-transport.js';

/** The manifest of the quick start, and the name of the Workspace in it. */
export const quickStart = fileURLToPath(
  new URL('../../../examples/inference/kaito_workspace_phi_3.yaml', import.meta.url),
);
export const NAME = 'workspace-phi-3-mini';

/** An operator at work. */
export interface Running {
  readonly operator: Operator;
  readonly transport: RecordingTransport;
}

export interface StartOptions {
  /** Its connection is cut after so many writes. @default never */
  readonly crashAfter?: number;
  /** Another way to nodes than that of the bundled plugin. */
  readonly connect?: ProvisionerPlugin['connect'];
}

/** The reference operator as `kaito operator` starts it, one process after the other, on a real control plane. */
export class ReferenceOperator {
  private running: Running | undefined;
  private readonly law: PlanBeforeSpend;

  constructor(private readonly plane: ControlPlane) {
    this.law = new PlanBeforeSpend(({ namespace, name }) => plane.client.get(WORKSPACES, namespace, name));
  }

  /** Throws when any of its processes asked for a node before the Plan stood in the status. */
  verify(): void {
    this.law.verify();
  }

  /** A new process; types that were retired are taken. */
  async started({ crashAfter = Number.POSITIVE_INFINITY, connect }: StartOptions = {}): Promise<Running> {
    const config = operatorConfig({ config: { '@kaito-sdk/provider-karpenter': { retired: 'warn' } } }, 'e2e');
    const installed = await installPlugins(config, fileURLToPath(import.meta.url), systemClock);
    const transport = new RecordingTransport(this.plane.connect());
    transport.cutAfter = crashAfter;
    const { provisioner } = installed;
    const operator = kaitoOperator({
      installed: {
        ...installed,
        provisioner: this.law.over(connect === undefined ? provisioner : { ...provisioner, connect }),
      },
      transport: strictTransport(transport),
      clock: systemClock,
      random: Math.random,
    });
    this.running = { operator, transport };
    await operator.start();
    return this.running;
  }

  /** As on SIGTERM: what was begun is finished. */
  async ended(): Promise<void> {
    await this.running?.operator.stop();
    await this.running?.transport.close();
    this.running = undefined;
  }

  /** A process that is gone finishes nothing: its connection is cut, and nobody waits for it. */
  killed(): void {
    this.running?.transport.pull();
    void this.running?.operator.stop();
    this.running = undefined;
  }

  /** Deletes every Workspace, for which an operator has to run, and ends it. */
  async cleared(): Promise<void> {
    if (this.running === undefined) await this.started();
    await this.plane.kubectl(['delete', 'workspaces', '--all', '--wait']);
    await this.ended();
  }

  async items(resource: ResourceKind): Promise<readonly KubeObject[]> {
    const { items } = await this.plane.client.list(resource, resource.namespaced ? { namespace: 'default' } : {});
    return items.filter(({ metadata }) => metadata.name !== 'kubernetes');
  }

  /** How many there are of each kind. */
  async counts(...resources: readonly ResourceKind[]): Promise<number[]> {
    return Promise.all(resources.map(async (resource) => (await this.items(resource)).length));
  }

  async conditionOf(resource: ResourceKind, name: string, type: string): Promise<Condition> {
    const live = await this.plane.client.get(resource, resource.namespaced ? 'default' : undefined, name);
    const { conditions = [] } = (live?.status ?? {}) as { readonly conditions?: readonly Condition[] };
    const found = conditions.find((one) => one.type === type);
    if (found === undefined) throw new Error(`no condition ${type} on ${resource.kind} ${name} yet`);
    return found;
  }

  condition(type: string, name = NAME): Promise<Condition> {
    return this.conditionOf(WORKSPACES, name, type);
  }

  async ready(): Promise<void> {
    await eventually(async () => expect(await this.condition('WorkspaceReady')).to.include({ status: 'True' }));
  }
}
