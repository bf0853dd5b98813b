import type { KubeObject, Plan } from '@kaito-sdk/core';
import { aWorkspace, FakeProvisioner } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { finishTuning, KEEP_NODES } from '../../dist/workspace/finish-tuning.js';
import { StatusDraft } from '../../dist/workspace/status-draft.js';
import type { WorkspaceContext } from '../../dist/workspace/workspace-context.js';

const job: KubeObject = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'demo' } };
const owner = { namespace: 'default', name: 'demo', uid: 'uid-1' };

/** A tuning with one ready node, whose Job has these conditions. */
async function tuning(
  conditions: readonly { type: string; status: string }[],
  annotations: Record<string, string> = {},
) {
  const provisioner = new FakeProvisioner();
  await provisioner.claim({ name: 'ws1', owner, instanceType: 'gpu.small' } as never);
  provisioner.move('ready');
  const status = new StatusDraft({}, 1, '2026-01-01T00:00:00Z');
  const context = {
    workspace: aWorkspace({ annotations }),
    owner,
    provisioner,
    status,
    log: status.attempts,
    plan: { kind: 'tuning' } as Plan,
    runtime: { render: () => [job] },
    cluster: { live: () => ({ ...job, status: { conditions } }) },
  } as unknown as WorkspaceContext;
  const outcome = await finishTuning(context);
  return { outcome, phase: provisioner.claims.get('ws1')?.phase };
}

describe('the end of a tuning', () => {
  for (const type of ['Complete', 'Failed']) {
    it(`gives the nodes back when the Job is ${type}`, async () => {
      expect(await tuning([{ type, status: 'True' }])).to.deep.equal({ outcome: { kind: 'done' }, phase: 'releasing' });
    });
  }

  it('leaves the nodes of a Job that still runs', async () => {
    expect(await tuning([{ type: 'Complete', status: 'False' }])).to.deep.equal({ outcome: undefined, phase: 'ready' });
  });

  it('keeps the nodes where an annotation says so', async () => {
    const kept = await tuning([{ type: 'Complete', status: 'True' }], { [KEEP_NODES]: 'true' });
    expect(kept).to.deep.equal({ outcome: undefined, phase: 'ready' });
  });
});
