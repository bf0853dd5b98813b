import { type Workspace, why } from '@kaito-sdk/core';
import { expect } from 'chai';

const now = Date.parse('2026-01-01T12:00:00Z');

type Stated = readonly [type: string, status: string, reason?: string, message?: string, time?: string];

function aWorkspace(conditions: readonly Stated[], more: Partial<Workspace> = {}, seen = 1): Workspace {
  return {
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: { name: 'phi', namespace: 'default', generation: 1 },
    status: {
      conditions: conditions.map(([type, status, reason = 'Because', message = 'It is so', time = '11:55']) => ({
        type,
        status,
        reason,
        message,
        lastTransitionTime: `2026-01-01T${time}:00Z`,
        observedGeneration: seen,
      })),
    },
    ...more,
  } as Workspace;
}

const nodes: readonly Stated[] = [
  ['Planned', 'True'],
  ['NodeClaimReady', 'True'],
  ['ResourceReady', 'True'],
];

describe('why a Workspace is not ready', () => {
  it('tells the first condition that does not hold, since when, and its message with the next step', () => {
    const message =
      'Pod phi-1: registry/image:1 cannot be pulled (ErrImagePull): not found. Check the name and the tag.';
    const workspace = aWorkspace([
      ...nodes,
      ['InferenceReady', 'False', 'ImagePullError', message],
      ['WorkspaceSucceeded', 'False', 'workspacePending', message],
    ]);
    expect(why(workspace, now)).to.deep.equal({
      ready: false,
      condition: 'InferenceReady',
      reason: 'ImagePullError',
      text: `phi is not ready: InferenceReady has been False for 5 minutes (ImagePullError). ${message}`,
    });
  });

  it('takes them in the order of life, not of the list', () => {
    const workspace = aWorkspace([
      ['InferenceReady', 'False'],
      ['Planned', 'False', 'InsufficientMemory', 'It does not fit'],
    ]);
    expect(why(workspace, now).text).to.equal(
      'phi is not ready: Planned has been False for 5 minutes (InsufficientMemory). It does not fit.',
    );
  });

  it('says that it is ready, and since when', () => {
    const ready: readonly Stated[] = [
      ...nodes,
      ['InferenceReady', 'True'],
      ['WorkspaceSucceeded', 'True', '', '', '09:00'],
    ];
    expect(why(aWorkspace(ready), now)).to.deep.equal({ ready: true, text: 'phi has been ready for 3 hours.' });
  });

  it('waits for the success of a tuning whose job has started', () => {
    const started: readonly Stated[] = [
      ...nodes,
      ['JobStarted', 'True'],
      ['WorkspaceSucceeded', 'False', 'workspacePending', 'step 3 of 40'],
    ];
    expect(why(aWorkspace(started, { tuning: {} } as Partial<Workspace>), now).text).to.equal(
      'phi is not ready: WorkspaceSucceeded has been False for 5 minutes (workspacePending). step 3 of 40.',
    );
    const through: readonly Stated[] = [...nodes, ['JobStarted', 'True'], ['WorkspaceSucceeded', 'True']];
    expect(why(aWorkspace(through, { tuning: {} } as Partial<Workspace>), now).text).to.equal(
      'phi has been trained for 5 minutes.',
    );
  });

  it('says that nobody has looked at it', () => {
    expect(why(aWorkspace([]), now).text).to.match(
      /^phi has no status: no operator has looked at it yet\. See whether/,
    );
  });

  it('says that the last change was not looked at', () => {
    const changed = aWorkspace([['Planned', 'False']], {
      metadata: { name: 'phi', namespace: 'default', generation: 2 },
    });
    expect(why(changed, now).text).to.match(/before its last change, which the operator has not looked at yet\.$/);
  });

  it('says that it is on its way out', () => {
    const leaving = aWorkspace([
      ...nodes,
      ['WorkspaceDeleting', 'True', 'workspaceDeleted', 'Two nodes are being released'],
    ]);
    expect(why(leaving, now)).to.include({ ready: false, condition: 'WorkspaceDeleting' });
    expect(why(leaving, now).text).to.equal(
      'phi has been on its way out for 5 minutes (workspaceDeleted). Two nodes are being released.',
    );
  });

  const ages: readonly (readonly [string, string])[] = [
    ['2026-01-01T12:00:05Z', '0 seconds'],
    ['2026-01-01T11:59:59Z', '1 second'],
    ['2026-01-01T11:00:00Z', '1 hour'],
    ['2025-12-30T11:00:00Z', '2 days'],
  ];
  for (const [time, age] of ages) {
    it(`counts ${age} since ${time}`, () => {
      const workspace = aWorkspace([['Planned', 'False']]);
      const [condition] = workspace.status?.conditions ?? [];
      Object.assign(condition ?? {}, { lastTransitionTime: time });
      expect(why(workspace, now).text).to.include(`for ${age} (`);
    });
  }
});
