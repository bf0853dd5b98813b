import type { Workspace, WorkspaceStatus } from '@kaito-sdk/core';
import { aWorkspace } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { adapterSources, findAdapters, servedBy } from '../../dist/workspace/find-adapters.js';
import { StatusDraft } from '../../dist/workspace/status-draft.js';
import type { WorkspaceContext } from '../../dist/workspace/workspace-context.js';

const FIRST = 'registry.example/a@sha256:1';
const SECOND = 'registry.example/a@sha256:2';

function maker(
  status: WorkspaceStatus,
  tuning: object | undefined = { output: { image: 'registry.example/a:1', imagePushSecret: 'push' } },
) {
  return {
    metadata: { name: 'tune', namespace: 'default' },
    ...(tuning ? { tuning } : {}),
    status,
  } as unknown as Workspace;
}

/** One pass over a Workspace that serves what Workspace tune makes. */
async function find(
  other: Workspace | undefined,
  follow?: boolean,
  before: Record<string, string> = {},
  source: object = {},
) {
  const workspace: Workspace = {
    ...aWorkspace({}),
    inference: {
      preset: { name: 'demo' },
      adapters: [
        {
          source: { name: 'pirate', ...source },
          tuning: { workspace: 'tune', ...(follow ? { follow } : {}) },
          strength: '0.5',
        },
      ],
    },
  };
  const status = new StatusDraft({ tunedAdapters: before }, 1, '2026-01-01T00:00:00Z');
  const context = {
    workspace,
    owner: { namespace: 'default' },
    status,
    another: () => other,
  } as unknown as WorkspaceContext;
  const outcome = await findAdapters(context);
  return { outcome, adapters: context.workspace.inference?.adapters, images: status.tunedAdapters };
}

describe('an adapter that a tuning Workspace makes', () => {
  it('is waited for, in the words of the tuning', async () => {
    const conditions = [
      { type: 'JobStarted', status: 'True', reason: 'x', message: 'step 3 of 40', lastTransitionTime: '' },
    ];
    const { outcome } = await find(maker({ state: 'Running', conditions } as never));
    expect(outcome).to.include({ kind: 'waiting', reason: 'TuningNotDone' });
    expect((outcome as { message: string }).message).to.equal(
      'adapter pirate is made by Workspace tune, which is not done: step 3 of 40',
    );
  });

  it('is an image with its digest to everything after, pulled with the secret that it was pushed with', async () => {
    const { outcome, adapters, images } = await find(maker({ tuning: { image: FIRST } }));
    expect(outcome).to.deep.equal({ kind: 'done' });
    expect(adapters).to.deep.equal([
      { source: { name: 'pirate', image: FIRST, imagePullSecrets: ['push'] }, strength: '0.5' },
    ]);
    expect(images).to.deep.equal({ pirate: FIRST });
  });

  it('is pulled with other secrets where the Workspace names some', async () => {
    const { adapters } = await find(maker({ tuning: { image: FIRST } }), false, {}, { imagePullSecrets: ['mine'] });
    expect(adapters?.[0]?.source?.imagePullSecrets).to.deep.equal(['mine']);
  });

  it('stays when the tuning is done again, and is followed when that is wished', async () => {
    const again = maker({ tuning: { image: SECOND } });
    expect((await find(again, false, { pirate: FIRST })).images).to.deep.equal({ pirate: FIRST });
    expect((await find(again, true, { pirate: FIRST })).images).to.deep.equal({ pirate: SECOND });
  });

  it('stays when its maker is deleted', async () => {
    expect((await find(undefined, true, { pirate: FIRST })).outcome).to.deep.equal({ kind: 'done' });
  });

  for (const [what, other, kind, reason] of [
    ['there is no such Workspace', undefined, 'waiting', 'TuningMissing'],
    ['it tunes nothing', { metadata: { name: 'tune' } } as Workspace, 'blocked', 'AdapterSourceInvalid'],
    ['its result stays in a volume', maker({}, { output: { volumeSource: {} } }), 'blocked', 'AdapterSourceInvalid'],
    ['its tuning failed', maker({ state: 'Failed', tuning: { message: 'no data' } }), 'waiting', 'TuningFailed'],
  ] as const) {
    it(`says that ${what}`, async () => {
      expect((await find(other)).outcome).to.include({ kind, reason });
    });
  }

  it('wakes those who serve it, and nobody else', () => {
    const serving = {
      metadata: { name: 'serve', namespace: 'default' },
      inference: { adapters: [{ tuning: { workspace: 'tune' } }] },
    };
    expect(adapterSources(serving as never)).to.deep.equal(['default/tune']);
    const informer = { byIndex: (_name: string, key: string) => (key === 'default/tune' ? [serving] : []) };
    expect(servedBy(informer as never, maker({}) as never)).to.deep.equal([{ namespace: 'default', name: 'serve' }]);
    expect(servedBy(informer as never, serving as never)).to.deep.equal([]);
  });
});
