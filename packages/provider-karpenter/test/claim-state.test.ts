import { gib, type KubeObject } from '@kaito-sdk/core';
import { claimState, failureOf, gpuProvisioner, nodeClaim } from '@kaito-sdk/provider-karpenter';
import { expect } from 'chai';

type Step = readonly [type: string, status: string, reason?: string, message?: string];

function claim(steps: readonly Step[], more: { deleting?: boolean; nodeName?: string } = {}): KubeObject {
  const owner = { namespace: 'ns', name: 'demo', uid: 'u-1' };
  const request = {
    name: 'ws0a1b2c3d4',
    owner,
    instanceType: 'T',
    capacityType: 'on-demand',
    diskBytes: gib(1),
    labels: {},
  } as const;
  const made = nodeClaim(request, gpuProvisioner);
  const deletion = more.deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {};
  const conditions = steps.map(([type, status, reason = type, message = '']) => ({ type, status, reason, message }));
  return { ...made, metadata: { ...made.metadata, ...deletion }, status: { conditions, nodeName: more.nodeName } };
}

const steps = (...done: string[]): Step[] => done.map((type) => [type, 'True']);

describe('the state of a NodeClaim', () => {
  for (const [phase, conditions] of [
    ['requested', []],
    ['requested', [['Launched', 'Unknown', 'AwaitingReconciliation', 'object is awaiting reconciliation']]],
    ['launched', [...steps('Launched'), ['Registered', 'Unknown', 'NodeNotFound', 'Node not registered with cluster']]],
    ['joined', [...steps('Launched', 'Registered'), ['Initialized', 'Unknown', 'NodeNotReady', '']]],
    ['ready', steps('Launched', 'Registered', 'Initialized', 'Ready')],
    ['failed', [['Launched', 'Unknown', 'LaunchFailed', 'creating instance, AllocationFailed: no capacity']]],
  ] as readonly (readonly [string, readonly Step[]])[]) {
    it(`is ${phase} with ${conditions.map(([type, status, reason]) => `${type}=${status} ${reason ?? ''}`.trim()).join(', ') || 'no condition'}`, () => {
      expect(claimState(claim(conditions))?.phase).to.equal(phase);
    });
  }

  it('is releasing once it is being deleted, although Ready stays True', () => {
    const state = claimState(claim(steps('Launched', 'Registered', 'Initialized', 'Ready'), { deleting: true }));
    expect(state?.phase).to.equal('releasing');
  });

  it('says on its way back what holds it up there, and nothing of how it came', () => {
    const launched: Step[] = [['Launched', 'Unknown', 'LaunchFailed', 'no capacity']];
    const back = (...conditions: Step[]) =>
      claimState(claim([...launched, ...conditions], { deleting: true }))?.message;
    expect(back()).to.equal(undefined);
    expect(back(['Drained', 'Unknown', 'Draining', 'Draining'])).to.equal('Drained: Draining');
    expect(back(...steps('Drained'), ['VolumesDetached', 'Unknown', 'AwaitingVolumeDetachment', ''])).to.equal(
      'VolumesDetached: AwaitingVolumeDetachment',
    );
  });

  it('names owner, node and instance type, and the first step that is not done', () => {
    const conditions: Step[] = [
      ...steps('Launched'),
      ['Registered', 'Unknown', 'NodeNotFound', 'Node not registered with cluster'],
    ];
    expect(claimState(claim(conditions, { nodeName: 'aks-1' }))).to.deep.include({
      owner: { namespace: 'ns', name: 'demo', uid: 'u-1' },
      nodeName: 'aks-1',
      instanceType: 'T',
      reason: 'NodeNotFound',
      message: 'Registered: Node not registered with cluster',
    });
  });

  it('is nothing for a claim that belongs to nobody', () => {
    const { metadata, ...rest } = claim([]);
    expect(claimState({ ...rest, metadata: { ...metadata, labels: {} } })).to.equal(undefined);
  });
});

describe('what a failed launch means', () => {
  for (const [failure, text] of [
    ['transient', 'LaunchFailed OperationNotAllowed: another operation is in progress'],
    ['quota', 'LaunchFailed OperationNotAllowed: exceeding approved Total Regional Cores quota'],
    ['quota', 'SubscriptionQuotaReached '],
    ['unsupported', 'LaunchFailed SkuNotAvailable: the requested size is not available in location eastus'],
    ['unsupported', 'LaunchFailed no requirement for instance type'],
    ['unsupported', 'LaunchFailed translating nodeclaim to node, instance type not found (instance-type=X)'],
    ['capacity', 'LaunchFailed ZonalAllocationFailed. Allocation failed.'],
    ['capacity', 'LaunchFailed all requested instance types were unavailable during launch'],
    ['permission', 'LaunchFailed AuthorizationFailed: the client does not have authorization'],
    ['permission', 'LaunchFailed RequestDisallowedByPolicy'],
    ['transient', 'LaunchFailed something nobody has seen before'],
  ] as const) {
    it(`is ${failure}: ${text}`, () => {
      expect(failureOf(text).failure).to.equal(failure);
    });
  }
});
