import { readdirSync, readFileSync } from 'node:fs';
import type { Assessment, KubeObject } from '@kaito-sdk/core';
import { expect } from 'chai';
import { aPlan, presetImage, vllm } from './fixtures.js';

type Parts = Readonly<Record<string, unknown>>;

const plan = aPlan();
const scheduled = { type: 'PodScheduled', status: 'True' };

function aDeployment(status: Parts, generation = 1): KubeObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'workspace-phi-3-mini', generation }, status };
}

function aPod(status: Parts, metadata: Parts = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'pod-1', ...metadata },
    status: { phase: 'Pending', conditions: [scheduled], ...status },
  };
}

/** A pod of which one container says something. */
function container(status: Parts, metadata: Parts = {}): KubeObject {
  return aPod(
    {
      containerStatuses: [
        { name: 'workspace-phi-3-mini', image: 'registry.example/image:1', restartCount: 0, ready: false, ...status },
      ],
    },
    metadata,
  );
}

const starting = container({ started: false, state: { running: { startedAt: '2026-11-22T10:00:00Z' } } });
const unfinished = aDeployment({ observedGeneration: 1, replicas: 1, updatedReplicas: 1, unavailableReplicas: 1 });
const finished = aDeployment({
  observedGeneration: 1,
  replicas: 1,
  updatedReplicas: 1,
  readyReplicas: 1,
  availableReplicas: 1,
});

const assess = (pods: readonly KubeObject[], deployment: KubeObject | undefined = unfinished): Assessment =>
  presetImage.assess({ plan, objects: deployment ? [deployment] : [], pods });

describe('assessing a workload', () => {
  const table: readonly (readonly [
    why: string,
    pod: KubeObject,
    state: string,
    reason: string,
    message: string | RegExp,
  ])[] = [
    [
      'no node takes the pod',
      aPod({
        conditions: [
          {
            type: 'PodScheduled',
            status: 'False',
            reason: 'Unschedulable',
            message: '0/3 nodes are available: 3 Insufficient nvidia.com/gpu.',
          },
        ],
      }),
      'waiting',
      'Unschedulable',
      'Pod pod-1: 0/3 nodes are available: 3 Insufficient nvidia.com/gpu.',
    ],
    [
      'the scheduler has not looked yet',
      aPod({ conditions: [] }),
      'waiting',
      'Scheduling',
      /has not looked at the pod yet/,
    ],
    ['the node has not reported yet', aPod({}), 'waiting', 'ContainerCreating', /has not reported/],
    [
      'the image is being pulled',
      container({ state: { waiting: { reason: 'ContainerCreating' } } }),
      'waiting',
      'ContainerCreating',
      /pulls the image/,
    ],
    [
      'init containers run',
      container({ state: { waiting: { reason: 'PodInitializing' } } }),
      'waiting',
      'ContainerCreating',
      /pulls the image/,
    ],
    [
      'the engine loads the model',
      starting,
      'waiting',
      'EngineStarting',
      'Pod pod-1: The engine is loading the model, since 2026-11-22T10:00:00Z.',
    ],
    [
      'the engine loads again after a crash',
      container({
        started: false,
        restartCount: 2,
        state: { running: {} },
        lastState: { terminated: { exitCode: 1, reason: 'Error', message: 'boom' } },
      }),
      'waiting',
      'EngineStarting',
      /Before that, restart 2: The container ended with exit code 1: boom$/,
    ],
    [
      'a running engine does not answer',
      container({ started: true, state: { running: {} } }),
      'waiting',
      'EngineNotReady',
      /readiness probe/,
    ],
    [
      'it has just crashed',
      container({ state: { terminated: { exitCode: 3, reason: 'Error' } } }),
      'waiting',
      'ContainerRestarting',
      /exit code 3\. It is being restarted\.$/,
    ],
    [
      'the image does not exist',
      container({ state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "x"' } } }),
      'failed',
      'ImagePullError',
      'Pod pod-1: registry.example/image:1 cannot be pulled (ImagePullBackOff): Back-off pulling image "x"',
    ],
    [
      'the registry refuses',
      container({ state: { waiting: { reason: 'ErrImagePull', message: 'unauthorized' } } }),
      'failed',
      'ImagePullError',
      /unauthorized/,
    ],
    [
      'the image name is malformed',
      container({ state: { waiting: { reason: 'InvalidImageName' } } }),
      'failed',
      'ImagePullError',
      /\(InvalidImageName\)\.$/,
    ],
    [
      'a ConfigMap is missing',
      container({ state: { waiting: { reason: 'CreateContainerConfigError', message: 'configmap "x" not found' } } }),
      'failed',
      'ContainerStartError',
      'Pod pod-1: CreateContainerConfigError: configmap "x" not found',
    ],
    [
      'the program is not there',
      container({ state: { waiting: { reason: 'RunContainerError' } } }),
      'failed',
      'ContainerStartError',
      /RunContainerError/,
    ],
    [
      'it crashes again and again',
      container({
        restartCount: 4,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: {
          terminated: {
            exitCode: 1,
            reason: 'Error',
            message: 'Traceback\n  ValueError: no idea\n',
          },
        },
      }),
      'failed',
      'ContainerCrashLoopBackOff',
      'Pod pod-1: The container ended with exit code 1: Traceback | ValueError: no idea. It has been restarted 4 times.',
    ],
    [
      'it was killed for its memory',
      container({
        restartCount: 1,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
      }),
      'failed',
      'ContainerOOMKilled',
      /OOMKilled\)\. It has been restarted once\.$/,
    ],
    [
      'it was killed just now',
      container({ state: { terminated: { exitCode: 137, reason: 'OOMKilled' } } }),
      'failed',
      'ContainerOOMKilled',
      /OOMKilled/,
    ],
    [
      'the disk of the node ran full',
      aPod({ phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: ephemeral-storage.' }),
      'failed',
      'NodeDiskPressure',
      /ephemeral-storage/,
    ],
    [
      'the memory of the node ran out',
      aPod({ phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' }),
      'failed',
      'NodeMemoryPressure',
      /memory/,
    ],
    [
      'it was thrown out for another reason',
      aPod({ phase: 'Failed', reason: 'Evicted', message: 'Pod was preempted' }),
      'failed',
      'PodEvicted',
      /preempted/,
    ],
    [
      'the node refused it',
      aPod({ phase: 'Failed', reason: 'UnexpectedAdmissionError', message: 'no devices' }),
      'failed',
      'PodFailed',
      /UnexpectedAdmissionError: no devices/,
    ],
    [
      'an init container crashes',
      aPod({
        initContainerStatuses: [
          {
            restartCount: 2,
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: { terminated: { exitCode: 2 } },
          },
        ],
      }),
      'failed',
      'ContainerCrashLoopBackOff',
      /exit code 2/,
    ],
  ];
  for (const [why, pod, state, reason, message] of table) {
    it(`${state === 'failed' ? 'has failed' : 'waits'} with its reason when ${why}`, () => {
      const answer = assess([pod]);
      expect(answer).to.include({ state, reason });
      if (answer.state !== 'ready')
        expect(answer.message).to.match(
          typeof message === 'string' ? new RegExp(`^${message.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`) : message,
        );
    });
  }

  const lastWords: readonly (readonly [line: string, reason: string, remedy: RegExp])[] = [
    ['OSError: [Errno 28] No space left on device', 'DiskFull', /larger disk/],
    [
      'huggingface_hub.errors.GatedRepoError: 403 Client Error. Access to model microsoft/x is restricted',
      'WeightsGated',
      /modelAccessSecret/,
    ],
    ['requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://hub/x', 'WeightsGated', /token/],
    ['huggingface_hub.errors.RevisionNotFoundError: 404 Client Error.', 'WeightsNotFound', /name and the revision/],
    [
      "socket.gaierror: [Errno -3] Temporary failure in name resolution while reaching 'huggingface.co'",
      'WeightsUnreachable',
      /reach the model hub/,
    ],
    ['torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.', 'GpuOutOfMemory', /more GPU memory/],
    [
      'ValueError: Free memory on device cuda:0 (10.1/15.7 GiB) is less than desired GPU memory utilization (0.9, 14.2 GiB)',
      'GpuOutOfMemory',
      /kaito plan/,
    ],
    ['RuntimeError: Failed to infer device type: the container has no GPU', 'GpuMissing', /device plugin/],
    ['RuntimeError: No CUDA GPUs are available', 'GpuMissing', /driver/],
    [
      'RuntimeError: CUDA error: no kernel image is available for execution on the device',
      'GpuUnsupported',
      /newer GPU/,
    ],
    ['ValueError: LoRA rank 64 is greater than max_lora_rank 16.', 'AdapterUnsupported', /inference\.adapters/],
    [
      'vllm: error: unrecognized arguments: --max-model-length 1',
      'EngineArgumentsRefused',
      /does not go with its arguments/,
    ],
  ];
  for (const [line, reason, remedy] of lastWords) {
    const words = `Traceback (most recent call last):\n  File "x.py", line 1\n${line}\n`;
    const ended = { exitCode: 1, reason: 'Error', message: words };
    const crashing = {
      restartCount: 3,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: ended },
    };

    it(`knows from the last words what it was, and what helps: ${line.slice(0, 70)}`, () => {
      const answer = assess([container(crashing)]);
      expect(answer).to.include({
        state: 'failed',
        reason,
        message: `Pod pod-1: The container ended with exit code 1: ${line}${line.endsWith('.') ? '' : '.'} It has been restarted 3 times.`,
      });
      expect(answer.state !== 'ready' && answer.remedy).to.match(remedy);
      expect(assess([container({ state: { terminated: ended } })])).to.include({ state: 'failed', reason });
    });
  }

  for (const [restartCount, time] of [
    [1, '2nd'],
    [2, '3rd'],
    [10, '11th'],
    [21, '22nd'],
  ] as const) {
    it(`goes on telling the cause while the container starts for the ${time} time`, () => {
      const terminated = { exitCode: 1, message: 'RuntimeError: No CUDA GPUs are available' };
      const again = { started: false, restartCount, state: { running: {} }, lastState: { terminated } };
      expect(assess([container(again)])).to.deep.equal({
        state: 'waiting',
        reason: 'GpuMissing',
        message: `Pod pod-1: The container ended with exit code 1: RuntimeError: No CUDA GPUs are available. It starts again, for the ${time} time.`,
        remedy: 'Look at the driver and the device plugin of the node: the container was given no GPU that works.',
      });
    });
  }

  it('takes a full disk for the cause of a download that failed with it', () => {
    const message = 'OSError: No space left on device\nrequests.exceptions.ConnectionError: the stream broke';
    expect(assess([container({ state: { terminated: { exitCode: 1, message } } })])).to.include({ reason: 'DiskFull' });
  });

  describe('of a container that the kubelet stopped', () => {
    const limit = plan.engine.startupSeconds;
    const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString();
    const stopped = (exitCode: number, seconds: number) =>
      assess([
        container({
          restartCount: 2,
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: { terminated: { exitCode, reason: 'Error', startedAt: at(0), finishedAt: at(seconds) } },
        }),
      ]);

    for (const code of [0, 137, 143]) {
      it(`says that it did not start in time when it ran for that long and ended with ${code}`, () => {
        expect(stopped(code, limit)).to.deep.include({
          state: 'failed',
          reason: 'EngineStartTimedOut',
          message: `Pod pod-1: The engine did not answer its startup probe within ${limit} seconds, and the kubelet stopped it. It has been restarted 2 times.`,
        });
        const early = stopped(code, limit - 11);
        expect(early).to.include({ reason: 'ContainerStopped' });
        expect(early.state !== 'ready' && early.remedy).to.match(/liveness probe/);
      });
    }

    it('says that it crashed when it ended by another code, however long it ran', () => {
      expect(stopped(1, limit)).to.include({ reason: 'ContainerCrashLoopBackOff' });
    });
  });

  const pulls: readonly (readonly [string, RegExp])[] = [
    ['rpc error: code = NotFound desc = failed to resolve reference "x": x: not found', /name and the tag/],
    ['failed to authorize: 401 Unauthorized', /pull secret/],
    ['429 Too Many Requests - toomanyrequests: You have reached your pull rate limit', /registry of your own/],
    ['dial tcp: lookup registry.example: no such host', /reach the registry/],
    ['write /var/lib/containerd/x: no space left on device', /larger disk/],
    ['something that nobody has seen', /events of the pod/],
  ];
  for (const [message, remedy] of pulls) {
    it(`tells what helps when an image cannot be pulled: ${message.slice(0, 50)}`, () => {
      const answer = assess([container({ state: { waiting: { reason: 'ErrImagePull', message } } })]);
      expect(answer).to.include({ state: 'failed', reason: 'ImagePullError' });
      expect(answer.state !== 'ready' && answer.remedy).to.match(remedy);
    });
  }

  it('tells a GPU that the node could not give', () => {
    const message =
      'Allocate failed due to requested number of devices unavailable for nvidia.com/gpu. Requested: 1, Available: 0';
    const answer = assess([aPod({ phase: 'Failed', reason: 'UnexpectedAdmissionError', message })]);
    expect(answer).to.include({ state: 'failed', reason: 'GpuMissing' });
  });

  const unscheduled: readonly (readonly [string, RegExp])[] = [
    ['0/1 nodes are available: 1 Insufficient nvidia.com/gpu.', /another pod holds the GPUs/],
    ['0/1 nodes are available: 1 Insufficient memory.', /larger instance type/],
    ['0/1 nodes are available: 1 node(s) had untolerated taint {a: b}.', /Take the taint off/],
  ];
  for (const [message, remedy] of unscheduled) {
    it(`tells what helps when no node takes a pod: ${message.slice(26)}`, () => {
      const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }];
      const answer = assess([aPod({ conditions })]);
      expect(answer).to.include({ state: 'waiting', reason: 'Unschedulable' });
      expect(answer.state !== 'ready' && answer.remedy).to.match(remedy);
    });
  }

  it('is ready when all replicas of the present template are', () => {
    expect(assess([container({ ready: true, started: true, state: { running: {} } })], finished)).to.deep.equal({
      state: 'ready',
    });
  });

  it('does not take the readiness of the old pods for that of the new ones', () => {
    const old = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1 };
    expect(assess([], aDeployment(old, 2))).to.include({ state: 'waiting' });
    expect(assess([], aDeployment({ ...old, updatedReplicas: 0 }))).to.include({ state: 'waiting' });
  });

  it('is ready only when every copy is', () => {
    const two = aPlan({ count: 2 });
    const deployment = aDeployment({ observedGeneration: 1, replicas: 2, updatedReplicas: 2, readyReplicas: 1 });
    const answer = presetImage.assess({
      plan: two,
      objects: [deployment],
      pods: [container({ ready: true, state: { running: {} } }), starting],
    });
    expect(answer).to.include({ state: 'waiting', reason: 'EngineStarting' });
  });

  it('waits for a Deployment and for its pods to exist', () => {
    expect(presetImage.assess({ plan, objects: [], pods: [] })).to.include({
      state: 'waiting',
      reason: 'WorkloadNotCreated',
    });
    expect(assess([])).to.deep.equal({
      state: 'waiting',
      reason: 'PodsMissing',
      message: 'Deployment workspace-phi-3-mini has 0 of 1 pods.',
    });
  });

  it('tells why the server refuses the pods', () => {
    const conditions = [
      { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota: gpus' },
    ];
    expect(assess([], aDeployment({ observedGeneration: 1, conditions }))).to.deep.equal({
      state: 'failed',
      reason: 'FailedCreate',
      message: 'The pods of Deployment workspace-phi-3-mini are refused: exceeded quota: gpus',
      remedy: 'Raise the quota of the namespace, or free what other pods hold of it.',
    });
  });

  it('tells the failure of one pod before the wait of another', () => {
    const broken = container({ state: { waiting: { reason: 'ErrImagePull' } } }, { name: 'pod-2' });
    const answer = assess([starting, broken]);
    expect(answer).to.include({ state: 'failed', reason: 'ImagePullError' });
    expect(assess([broken, starting])).to.deep.equal(answer);
  });

  it('looks at an evicted pod only while it has no successor', () => {
    const evicted = aPod({ phase: 'Failed', reason: 'Evicted', message: 'low on resource: memory' }, { name: 'old' });
    expect(assess([evicted])).to.include({ reason: 'NodeMemoryPressure' });
    expect(assess([evicted, starting])).to.include({ reason: 'EngineStarting' });
  });

  it('does not look at pods on their way out', () => {
    const leaving = container(
      { state: { waiting: { reason: 'ErrImagePull' } } },
      { deletionTimestamp: '2026-11-22T10:00:00Z' },
    );
    expect(assess([leaving, starting])).to.include({ reason: 'EngineStarting' });
  });

  it('says that a rollout goes on when every pod is well and not all are of the present template', () => {
    const well = container({ ready: true, started: true, state: { running: {} } });
    expect(assess([well])).to.include({ state: 'waiting', reason: 'RollingOut' });
  });

  it('shortens long last words to their end', () => {
    const message = `${'x'.repeat(5000)} the end`;
    const pod = container({
      restartCount: 1,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 1, message } },
    });
    const answer = assess([pod]);
    expect(answer.state !== 'ready' && answer.message.length).to.be.below(450);
    expect(answer.state !== 'ready' && answer.message).to.contain('the end');
  });

  it('never throws on what a server may send', () => {
    const odd: readonly unknown[] = [undefined, null, 3, 'x', [], {}, [null], { waiting: null }, { terminated: 3 }];
    for (const value of odd) {
      for (const pod of [
        aPod({ containerStatuses: value, conditions: value }),
        container({ state: value, lastState: value }),
        { ...starting, status: value },
      ]) {
        expect(assess([pod as KubeObject], aDeployment(value as Parts)).state).to.be.oneOf(['waiting', 'failed']);
      }
    }
  });

  it('is the same for both runtimes', () => {
    const observed = { plan, objects: [unfinished], pods: [starting] };
    expect(vllm.assess(observed)).to.deep.equal(presetImage.assess(observed));
  });
});

describe('the reference of reasons', () => {
  it('has every reason that can stand in InferenceReady', () => {
    const page = readFileSync(new URL('../../../docs/reference/readiness.md', import.meta.url), 'utf8');
    const sources = new URL('../src/assess/', import.meta.url);
    const reasons = new Set<string>();
    for (const name of readdirSync(sources)) {
      const text = readFileSync(new URL(name, sources), 'utf8');
      const stated = /(?:waiting|failed)\(\s*'([A-Z]\w+)'|(?:reason|[A-Z_]+): '([A-Z][a-z]\w+)',?$/gm;
      for (const [, inCall, inTable] of text.matchAll(stated)) reasons.add(inCall ?? inTable ?? '');
    }
    expect(reasons.size).to.be.greaterThan(25);
    expect([...reasons].filter((reason) => !page.includes(`\`${reason}\``))).to.deep.equal([]);
  });
});
