import { KaitoError, KubeError, Metrics, ServerUnreachable } from '@kaito-sdk/core';
import { expect } from 'chai';
import { culpritOf, watched } from '../../dist/workspace/culprit.js';
import { errorText } from '../../dist/workspace/error-text.js';
import { FailingPasses } from '../../dist/workspace/failing-passes.js';
import { passFailure } from '../../dist/workspace/pass-failure.js';
import { StatusDraft } from '../../dist/workspace/status-draft.js';

const key = { namespace: 'default', name: 'demo' };
const T0 = Date.UTC(2026, 0, 1);
const ends = '; it is tried again by itself, within 17 minutes at the latest, and at once when something changes';

describe('passes that fail', () => {
  const failure = (message: string, reason = 'ApiServerFailing') => ({ reason, message });
  /** What is told at each of these seconds, of these failures in turn. */
  const told = (passes: FailingPasses, ...tries: (readonly [second: number, message: string])[]) =>
    tries.map(([second, message]) => passes.failed(key, failure(message), T0 + second * 1000)?.message);

  it('are not told of before the third in a row, nor within ten seconds of the first', () => {
    expect(told(new FailingPasses(), [0, 'a'], [11, 'a'], [12, 'a'])).to.deep.equal([undefined, undefined, 'a']);
    expect(told(new FailingPasses(), [0, 'a'], [1, 'a'], [9.9, 'a'], [10, 'a'])).to.deep.equal([
      undefined,
      undefined,
      undefined,
      'a',
    ]);
  });

  it('begin anew after one that succeeded', () => {
    const passes = new FailingPasses();
    told(passes, [0, 'a'], [5, 'a']);
    passes.forget(key);
    expect(told(passes, [10, 'a'], [11, 'a'], [12, 'a'])).to.deep.equal([undefined, undefined, undefined]);
  });

  it('say since when, from the first one on', () => {
    const passes = new FailingPasses();
    told(passes, [0, 'a'], [5, 'a']);
    expect(passes.failed(key, failure('a'), T0 + 60_000)).to.include({ since: '2026-01-01T00:00:00Z', news: true });
    expect(passes.failed(key, failure('a'), T0 + 61_000)).to.include({ since: '2026-01-01T00:00:00Z', news: false });
  });

  it('say the same while failures take turns, and another when it was met twice in a row', () => {
    const passes = new FailingPasses();
    told(passes, [0, 'a'], [5, 'a']);
    expect(told(passes, [20, 'a'], [21, 'b'], [22, 'a'], [23, 'b'], [24, 'b'])).to.deep.equal([
      'a',
      'a',
      'a',
      'a',
      'b',
    ]);
  });

  it('say the same while only the number of a request or a moment is another', () => {
    const passes = new FailingPasses();
    const id = (n: number) => `503 at 12:00:0${n}, request 8ecadfc9-d1a3-4ea4-b844-0d9f87e4d7c${n}`;
    expect(told(passes, [0, id(0)], [5, id(1)], [20, id(2)], [40, id(3)], [80, id(4)])).to.deep.equal([
      undefined,
      undefined,
      id(2),
      id(2),
      id(2),
    ]);
  });

  it('say what the status says already, after a restart', () => {
    const passes = new FailingPasses();
    const standing = failure('request 17 was refused');
    const next = (second: number) =>
      passes.failed(key, failure(`request ${second} was refused`), T0 + second * 1000, standing);
    expect([next(0), next(5)]).to.deep.equal([undefined, undefined]);
    expect(next(20)).to.include({ message: 'request 17 was refused', news: false });
  });

  it('are counted in a metric', () => {
    const metrics = new Metrics();
    const passes = new FailingPasses(metrics);
    told(passes, [0, 'a'], [5, 'a']);
    expect(metrics.expose()).to.include('kaito_workspaces_failing 0');
    told(passes, [20, 'a']);
    expect(metrics.expose()).to.include('kaito_workspaces_failing 1');
    passes.forget(key);
    expect(metrics.expose()).to.include('kaito_workspaces_failing 0');
  });
});

describe('why a pass failed', () => {
  const kube = (code: number, reason: string, message: string) =>
    new KubeError({
      method: 'PATCH',
      path: '/apis/apps/v1/namespaces/default/deployments/demo',
      code,
      reason,
      message,
    });
  const doing = 'applying the workload';
  const thrown = (kind: 'provisioner' | 'runtime' | 'catalog', error: unknown) => {
    const plugin = watched(kind, {
      name: 'acme',
      act: () => {
        throw error;
      },
    });
    try {
      plugin.act();
    } catch (same) {
      return passFailure(same, doing);
    }
    return undefined;
  };

  it('is the API server where that fails or does not answer, in its words', () => {
    expect(passFailure(kube(500, 'InternalError', 'etcdserver: no leader'), doing)).to.deep.equal({
      reason: 'ApiServerFailing',
      message: `applying the workload: PATCH /apis/apps/v1/namespaces/default/deployments/demo was refused (500 InternalError): etcdserver: no leader${ends}`,
    });
    expect(passFailure(kube(429, 'TooManyRequests', 'slow down'), doing).reason).to.equal('ApiServerFailing');
    const unreachable = new ServerUnreachable('GET', '/api', new Error('ECONNREFUSED'));
    expect(passFailure(unreachable, doing)).to.include({ reason: 'ApiServerFailing' });
  });

  it('is the refusal where a webhook, a quota or a right is against it', () => {
    for (const code of [400, 403, 409, 413, 422])
      expect(passFailure(kube(code, 'Forbidden', 'exceeded quota'), doing).reason).to.equal('RequestRefused');
  });

  it('is the plugin that throws, by its name and what it was asked for', () => {
    const error = () => new TypeError("Cannot read properties of undefined (reading 'id')");
    expect(thrown('provisioner', error())).to.deep.equal({
      reason: 'ProvisionerFailing',
      message: `applying the workload: provisioner acme has failed at act: TypeError: Cannot read properties of undefined (reading 'id')${ends}`,
    });
    expect(thrown('runtime', error())?.reason).to.equal('RuntimeFailing');
    expect(thrown('catalog', error())?.reason).to.equal('CatalogFailing');
    expect(passFailure(error(), doing).message).to.include(
      'the operator has an error of its own: TypeError: Cannot read',
    );
  });

  it('is the API server also where a plugin met it, and the code of an error that has one', () => {
    expect(thrown('provisioner', kube(503, 'ServiceUnavailable', 'no'))?.reason).to.equal('ApiServerFailing');
    expect(thrown('provisioner', new KaitoError('CLAIM_NAME_TAKEN', 'Rename it.'))).to.deep.equal({
      reason: 'ClaimNameTaken',
      message: `applying the workload: Rename it${ends}`,
    });
  });

  it('knows a plugin by an error that it rejects with as well, and leaves the error what it is', async () => {
    const error = new Error('no');
    class Plugin {
      readonly name = 'acme';
      readonly #own = error;
      readonly absent = undefined;
      async act(): Promise<void> {
        throw this.#own;
      }
    }
    const plugin = watched('provisioner', new Plugin());
    expect(plugin.absent).to.equal(undefined);
    const caught = await plugin.act().catch((same: unknown) => same);
    expect(caught).to.equal(error);
    expect(culpritOf(caught)).to.deep.equal({ kind: 'provisioner', name: 'acme', call: 'act' });
    expect(culpritOf(new Error('no'))).to.equal(undefined);
  });
});

describe('the words of an error in a status', () => {
  const secrets: Readonly<Record<string, string>> = {
    'GET https://user:hunter2@hub.example/v2/ failed': 'GET https://…@hub.example/v2/ failed',
    'sent Authorization: Bearer abc.def-ghi': 'sent Authorization: … …',
    'invalid {"password":"hunter2","user":"u"}': 'invalid {"password":…,"user":"u"}',
    'PUT https://a.blob/x?sp=r&sig=Ab%2Fc%3D&x=1: 403': 'PUT https://a.blob/x?sp=r&sig=…&x=1: 403',
    'client_secret=abc, tenant=t': 'client_secret=…, tenant=t',
    'the token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln is old': 'the token … is old',
    'key Zm9vYmFyMTIzNDU2Nzg5MEFCQ0RFRkdISUo= is wrong': 'key … is wrong',
    'X-Amz-Signature=0123abcd&y': 'X-Amz-Signature=…&y',
  };
  for (const [said, told] of Object.entries(secrets)) {
    it(`have no credentials: ${told}`, () => expect(errorText(new Error(said))).to.equal(told));
  }

  it('are left alone otherwise', () => {
    for (const said of [
      'PATCH /apis/apps/v1/namespaces/default/deployments/demo?fieldManager=kaito-sdk&force=true was refused (403 Forbidden): exceeded quota: gpus, requested: requests.nvidia.com/gpu=1',
      'image ghcr.io/acme/demo@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 is not signed',
      '/subscriptions/8ecadfc9-d1a3-4ea4-b844-0d9f87e4d7c8/resourceGroups/demo/providers/Microsoft.ContainerService/managedClusters/demo',
    ])
      expect(errorText(new Error(said))).to.equal(said);
    expect(errorText('a word')).to.equal('a word');
    expect(errorText(new RangeError())).to.equal('RangeError');
  });
});

describe('a status after passes that failed', () => {
  const at = '2026-01-01T01:00:00Z';
  const since = '2026-01-01T00:50:00Z';
  const failure = { reason: 'ApiServerFailing', message: 'no', since, news: true };
  const condition = (type: string, status: 'True' | 'False', message = 'before') => ({
    type,
    status,
    reason: 'Before',
    message,
    lastTransitionTime: '2026-01-01T00:00:00Z',
  });
  const ready = [
    'Planned',
    'NodeClaimReady',
    'ResourceReady',
    'InferenceReady',
    'WorkspaceReady',
    'WorkspaceSucceeded',
  ];

  it('keeps everything of a Workspace that serves, and says beside it that nobody minds it', () => {
    const old = { conditions: ready.map((type) => condition(type, 'True')), state: 'Ready' };
    const draft = new StatusDraft(old, undefined, at);
    draft.fail(failure, false);
    expect(draft.changed()).to.deep.equal({
      ...old,
      workerNodes: [],
      conditions: [
        ...old.conditions,
        { type: 'Reconciled', status: 'False', reason: 'ApiServerFailing', message: 'no', lastTransitionTime: since },
      ],
    });
  });

  it('says it in place of what was waited for, but not of what this pass has seen', () => {
    const old = {
      conditions: [
        condition('Planned', 'True'),
        condition('NodeClaimReady', 'False'),
        condition('ResourceReady', 'False'),
      ],
    };
    const draft = new StatusDraft(old, undefined, at);
    draft.condition('NodeClaimReady', 'False', 'NodeClaimNotReady', 'seen');
    draft.fail(failure, false);
    const told = (draft.changed()?.conditions ?? []).map(({ type, status, message }) => `${type} ${status} ${message}`);
    expect(told).to.deep.equal([
      'Planned True before',
      'NodeClaimReady False seen',
      'ResourceReady False no',
      'Reconciled False no',
      'InferenceReady False no',
      'WorkspaceReady False no',
      'WorkspaceSucceeded False no',
    ]);
  });

  it('is the same after the next one, also where that one wrote something down on its way', () => {
    const first = new StatusDraft({ conditions: [condition('Planned', 'True')] }, undefined, at);
    first.fail(failure, false);
    const written = first.changed()!;
    const next = new StatusDraft(written, undefined, '2026-01-01T02:00:00Z');
    next.settle({ kind: 'waiting', reason: 'Other', message: 'other' }, 'inference');
    expect(next.changed()).to.equal(undefined);
    next.fail(failure, false);
    expect(next.changed()).to.equal(undefined);
  });

  it('says nothing of it any more after one that came to its end', () => {
    const old = { conditions: [...ready.map((type) => condition(type, 'True')), condition('Reconciled', 'False')] };
    const draft = new StatusDraft(old, undefined, at);
    draft.recover();
    for (const type of ready.slice(0, 4)) draft.condition(type as 'Planned', 'True', 'Before', 'before');
    draft.settle({ kind: 'done' }, 'inference');
    expect(draft.changed()?.conditions?.map(({ type }) => type)).to.deep.equal(ready);
    expect(draft.events).to.deep.equal([]);
  });

  it('says it of one that is on its way out, and leaves the rest', () => {
    const old = { conditions: [condition('NodeClaimReady', 'False')] };
    const draft = new StatusDraft(old, undefined, at);
    draft.fail(failure, true);
    expect(draft.changed()?.conditions?.map(({ message }) => message)).to.deep.equal(['before', 'no']);
  });
});
