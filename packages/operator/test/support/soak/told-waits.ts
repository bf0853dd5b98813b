import type { Workspace } from '@kaito-sdk/core';
import { defaultLeasePolicy } from '@kaito-sdk/core';

const MINUTE = 60_000;
/** What a look may find late without wondering: the operator or its server may just have been away. */
export const GRACE_MS = 5 * MINUTE;

/** What Workspaces say of themselves at each look: when their machines began to serve, and what they wait for longer than they may, or without a word. */
export class ToldWaits {
  /** Conditions that waited without a word, and nodes kept past the deadline of their lease. */
  readonly late = new Set<string>();
  /** Workspaces that were ready, or tuned. */
  readonly served = new Set<string>();
  /** When claims began to serve, by name: a name is used again after its machine was lost. */
  private readonly servedSince = new Map<string, Set<number>>();

  /** `calm`: operator and server have been there for a while, so that what is late is their fault. */
  judge(workspace: Workspace, now: number, calm: boolean): void {
    const { name } = workspace.metadata;
    const { attempts = [], conditions = [], state } = workspace.status ?? {};
    for (const { claim, stage, ended, since } of attempts) {
      if (stage === 'ready')
        this.servedSince.set(claim, (this.servedSince.get(claim) ?? new Set()).add(Date.parse(since)));
      if (ended !== undefined || !calm) continue;
      const limit = limits[stage];
      if (limit !== undefined && now - Date.parse(since) > limit + GRACE_MS)
        this.late.add(`${name}: ${claim} is ${stage} since ${since}`);
    }
    for (const { failure, reason, message } of attempts) {
      if (failure !== undefined && (!reason || !message)) this.late.add(`${name}: an attempt failed without a reason`);
    }
    if (state === 'Ready' || state === 'Succeeded') this.served.add(name);
    if (!calm) return;
    const created = Date.parse(workspace.metadata.creationTimestamp ?? '');
    if (now - created > GRACE_MS && conditions.length === 0) this.late.add(`${name}: says nothing`);
    for (const { type, status, reason, message } of conditions) {
      if (status !== 'True' && (!reason || !message)) this.late.add(`${name}: ${type} is ${status} without a reason`);
    }
  }

  /** Whether a machine began to serve within this stretch. */
  hasServed(machine: string, from: number, to = Number.POSITIVE_INFINITY): boolean {
    return [...(this.servedSince.get(machine) ?? [])].some((since) => since >= from && since <= to);
  }
}

const limits: Readonly<Record<string, number>> = {
  asked: defaultLeasePolicy.launchMs,
  requested: defaultLeasePolicy.launchMs,
  launched: defaultLeasePolicy.joinMs,
  joined: defaultLeasePolicy.devicesMs,
  visible: defaultLeasePolicy.runningMs,
  running: Math.max(defaultLeasePolicy.readyMs, 90 * MINUTE),
};
