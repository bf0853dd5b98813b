import type { Assessment, KubeObject, Plan } from '@kaito-sdk/core';
import { aWorkspace } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { keptRun } from '../../dist/workspace/kept-run.js';
import { markedJob, runOf } from '../../dist/workspace/tuning-run.js';
import type { WorkspaceContext } from '../../dist/workspace/workspace-context.js';

const planOn = (instanceType: string, kind = 'tuning') =>
  ({ kind, nodes: { instanceType, gpuResource: 'gpu', gpusPerNode: 1, selector: {} } }) as unknown as Plan;
const settings: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'demo-tuning' } };

interface Given {
  readonly suspended?: boolean;
  readonly run?: string;
  readonly madeFor?: string;
  readonly status?: object;
  readonly assessment?: Assessment;
  readonly kind?: string;
}

/** What is kept of a ConfigMap and a Job that are live, while the operator would render them with another image. */
function kept({ suspended = false, run, madeFor = 'gpu.small', status = { active: 1 }, assessment, kind }: Given = {}) {
  const workspace = aWorkspace({});
  const job = (image: string) =>
    ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'demo' },
      spec: { suspend: suspended, image },
    }) as KubeObject;
  const live = { ...markedJob(job('old'), run ?? runOf(workspace), planOn(madeFor)), status } as KubeObject;
  const context = {
    workspace,
    plan: planOn('gpu.small', kind),
    runtime: { render: () => [settings, job('new')], assess: () => assessment ?? { state: 'ready' } },
    cluster: { live: (_: unknown, object: KubeObject) => (object.kind === 'Job' ? live : settings), pods: () => [] },
  } as unknown as WorkspaceContext;
  return keptRun(context).map((object) => [object.kind, (object.spec as { image?: string } | undefined)?.image]);
}

const broken: Assessment = { state: 'failed', reason: 'ImagePullError', message: 'there is no such image' };

describe('a tuning that has begun, under an operator that would render it otherwise', () => {
  it('goes on as it was made, settings and all', () => {
    expect(kept()).to.deep.equal([
      ['ConfigMap', undefined],
      ['Job', 'old'],
    ]);
  });

  it('goes on while its pod waits or is followed by another one', () => {
    expect(kept({ assessment: { state: 'waiting', reason: 'Unschedulable', message: '' } })).to.have.length(2);
    expect(kept({ assessment: broken, status: { active: 0, failed: 1 } })).to.have.length(2);
  });

  it('is not begun again when it ends in the middle of a pass', () => {
    for (const type of ['Complete', 'Failed']) {
      expect(kept({ status: { conditions: [{ type, status: 'True' }] } })).to.have.length(2);
    }
  });

  for (const [what, given] of [
    ['its pod cannot start, which the other rendering may mend', { assessment: broken }],
    ['it waits for its machines, so nothing is lost', { suspended: true }],
    ['something else is asked for now', { run: 'of-yesterday' }],
    ['it was made for other machines', { madeFor: 'gpu.large' }],
    ['it is no tuning', { kind: 'inference' }],
  ] as const) {
    it(`is made anew where ${what}`, () => {
      expect(kept(given)).to.deep.equal([]);
    });
  }
});
