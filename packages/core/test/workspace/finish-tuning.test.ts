import type { KubeObject, Outcome, Plan, TuningOutcome, WorkspaceStatus } from '@kaito-sdk/core';
import { aWorkspace, FakeProvisioner } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { finishTuning, KEEP_NODES } from '../../dist/workspace/finish-tuning.js';
import { StatusDraft } from '../../dist/workspace/status-draft.js';
import { markedJob, runOf } from '../../dist/workspace/tuning-run.js';
import type { WorkspaceContext } from '../../dist/workspace/workspace-context.js';

const job: KubeObject = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'demo' } };
const owner = { namespace: 'default', name: 'demo', uid: 'uid-1' };
const pushed: TuningOutcome = { succeeded: true, message: 'pushed', image: 'registry.example/a@sha256:1' };
const broken: TuningOutcome = { succeeded: false, reason: 'ColumnsMissing', message: 'there is no column messages' };

interface Given {
  readonly outcome?: TuningOutcome | undefined;
  readonly annotations?: Record<string, string>;
  readonly before?: WorkspaceStatus;
  /** The run that the live Job is of. */
  readonly run?: string;
}

/** One pass over a tuning with one ready node. */
async function tuning({ outcome, annotations = {}, before = {}, run }: Given) {
  const workspace = aWorkspace({ annotations });
  const provisioner = new FakeProvisioner();
  await provisioner.claim({ name: 'ws1', owner, instanceType: 'gpu.small' } as never);
  provisioner.move('ready');
  const status = new StatusDraft(before, 1, '2026-01-01T00:00:00Z');
  const written: string[] = [];
  const plan = { kind: 'tuning', nodes: {} } as Plan;
  const live = markedJob(job, run ?? runOf(workspace), plan);
  const result: Outcome | undefined = await finishTuning({
    workspace,
    owner,
    provisioner,
    status,
    log: status.attempts,
    now: 0,
    plan,
    runtime: {
      render: () => [job],
      outcome: ({ objects }: { objects: unknown[] }) => (objects[0] ? outcome : undefined),
    },
    cluster: { live: () => live, pods: () => [] },
    started: () => {},
    publish: async () => void written.push(`${status.tuned?.outcome}, node ${provisioner.claims.get('ws1')?.phase}`),
  } as unknown as WorkspaceContext);
  return { result, phase: provisioner.claims.get('ws1')?.phase, tuned: status.tuned, written };
}

describe('the end of a tuning', () => {
  it('notes the image with its digest, and only then gives the nodes back', async () => {
    const { result, phase, tuned, written } = await tuning({ outcome: pushed });
    expect(result).to.deep.equal({ kind: 'done' });
    expect(phase).to.equal('releasing');
    expect(tuned).to.include({ outcome: 'Succeeded', image: 'registry.example/a@sha256:1' });
    expect(written).to.deep.equal(['Succeeded, node ready']);
  });

  it('gives them back for a failure too, and says why it failed', async () => {
    const { result, phase, tuned } = await tuning({ outcome: broken });
    expect(result).to.include({ kind: 'blocked', reason: 'ColumnsMissing', message: 'there is no column messages' });
    expect(phase).to.equal('releasing');
    expect(tuned).to.include({ outcome: 'Failed', reason: 'ColumnsMissing' });
  });

  it('leaves the nodes of a Job that still runs', async () => {
    const { result, phase } = await tuning({ outcome: undefined });
    expect({ result, phase }).to.deep.equal({ result: undefined, phase: 'ready' });
  });

  it('keeps the nodes where an annotation says so', async () => {
    const { result, phase } = await tuning({ outcome: pushed, annotations: { [KEEP_NODES]: 'true' } });
    expect({ result, phase }).to.deep.equal({ result: { kind: 'done' }, phase: 'ready' });
  });

  it('is not the end of another run of the same Workspace', async () => {
    expect((await tuning({ outcome: pushed, run: 'of-yesterday' })).result).to.equal(undefined);
  });

  it('stands in the status, whatever becomes of the Job', async () => {
    const ended = runOf(aWorkspace({}));
    const before = { tuning: { ended, outcome: 'Succeeded' as const, image: 'registry.example/a@sha256:1' } };
    const { result, phase } = await tuning({ before, run: 'gone' });
    expect({ result, phase }).to.deep.equal({ result: { kind: 'done' }, phase: 'releasing' });
  });

  it('keeps the adapter of an earlier run when a later one fails', async () => {
    const before = {
      tuning: { ended: 'earlier', outcome: 'Succeeded' as const, image: 'registry.example/a@sha256:1' },
    };
    const { tuned } = await tuning({ outcome: broken, before });
    expect(tuned).to.include({ outcome: 'Failed', image: 'registry.example/a@sha256:1' });
  });
});
