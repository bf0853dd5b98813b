import { splitNextStep } from '@kaito-sdk/core';
import type { Refusal, Script, StagedOutcome } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { nextStep } from '../dist/story/next-step.js';
import { whyOf } from '../dist/story/why.js';
import { NODES, PODS, phiWorkspace, World } from './support/world.js';

/** What happens to the container of the model, or around it. */
interface Failure {
  readonly title: string;
  readonly outcome?: StagedOutcome;
  /** Done by somebody else once the node has joined. */
  readonly meanwhile?: (world: World) => Promise<void>;
  /** A T4 is served by vLLM; the default, a V100, by a preset image. */
  readonly instanceType?: string;
  readonly reason: string;
  /** All that is said, with POD for the pod's name. */
  readonly message: string | RegExp;
}

const T4 = 'Standard_NC4as_T4_v3';

/** The program says its last words and ends. */
const says = (...lines: string[]): StagedOutcome => ({
  refuse: { refuse: 'exit', code: 1, message: ['Traceback (most recent call last):', ...lines].join('\n') },
});
const refused = (refuse: Refusal): StagedOutcome => ({ refuse });

const failures: readonly Failure[] = [
  {
    title: 'an image that is not there',
    outcome: refused({
      refuse: 'image',
      message: 'rpc error: code = NotFound desc = failed to pull and unpack image: not found',
    }),
    reason: 'ImagePullError',
    message:
      /^Pod POD: mcr\.microsoft\.com\/aks\/kaito\/kaito-phi-3-mini-4k-instruct:0\.0\.2 cannot be pulled \((ErrImagePull|ImagePullBackOff)\): .*not found\. Next: Check the name and the tag: the registry does not have this image\.$/,
  },
  {
    title: 'an image that the registry does not give',
    outcome: refused({
      refuse: 'image',
      message: 'failed to authorize: failed to fetch oauth token: 401 Unauthorized',
    }),
    reason: 'ImagePullError',
    message:
      /401 Unauthorized\. Next: Give the pods a pull secret that may read this image, or the nodes the right to\.$/,
  },
  {
    title: 'a program that the image does not have',
    outcome: refused({ refuse: 'create', message: 'failed to create containerd container: no command specified' }),
    reason: 'ContainerStartError',
    message:
      'Pod POD: CreateContainerError: failed to create containerd container: no command specified. Next: Look at the image and its command: the container cannot be started.',
  },
  {
    title: 'a crash that nobody knows',
    outcome: says('ValueError: the stars are wrong'),
    reason: 'ContainerCrashLoopBackOff',
    message:
      /^Pod POD: The container ended with exit code 1: Traceback \(most recent call last\): \| ValueError: the stars are wrong\. It has been restarted (once|\d+ times)\. Next: Look at the log of the container that ended: kubectl logs --previous\.$/,
  },
  {
    title: 'more memory than the node has',
    outcome: { exit: { after: 1000, code: 137, reason: 'OOMKilled' } },
    reason: 'ContainerOOMKilled',
    message:
      /^Pod POD: The container was killed for using more memory than it may \(OOMKilled\): demo of \S+ runs by script\..* Next: Choose an instance type with more memory, or raise the memory limit of the pod\.$/,
  },
  {
    title: 'more GPU memory than there is',
    instanceType: T4,
    outcome: says('torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.'),
    reason: 'GpuOutOfMemory',
    message:
      /^Pod POD: The container ended with exit code 1: torch\.OutOfMemoryError: CUDA out of memory\. Tried to allocate 2\.00 GiB\..* Next: Choose an instance type with more GPU memory; kaito plan prints what the model needs\.$/,
  },
  {
    title: 'a GPU that the container does not see',
    instanceType: T4,
    outcome: says('RuntimeError: No CUDA GPUs are available'),
    reason: 'GpuMissing',
    message:
      /No CUDA GPUs are available.* Next: Look at the driver and the device plugin of the node: the container was given no GPU that works\.$/,
  },
  {
    title: 'a GPU that another pod has taken',
    meanwhile: takeTheGpu,
    reason: 'Unschedulable',
    message:
      /^Pod POD: 0\/1 nodes are available: 1 Insufficient nvidia\.com\/gpu\..* Next: See whether another pod holds the GPUs of these nodes, or their device plugin does not report them\.$/,
  },
  {
    title: 'an engine that does not start in time',
    outcome: { deaf: true },
    reason: 'EngineStartTimedOut',
    message:
      /^Pod POD: The engine did not answer its startup probe within \d+ seconds, and the kubelet stopped it\. It starts again, since \S+, for the 2nd time\. Next: Look at the log for what it was busy with: loading may be slower on this disk or network than the plan allows for\.$/,
  },
  {
    title: 'an engine that stops answering its liveness probe',
    outcome: { deafAfter: 60_000 },
    reason: 'ContainerStopped',
    message:
      /^Pod POD: The container ended with exit code 143: demo of \S+ runs by script\..* Next: The kubelet ends a container in this way when its liveness probe fails; kubectl describe pod tells which it was\.$/,
  },
  {
    title: 'an engine that runs and is never ready',
    outcome: { readyAfter: 'never' },
    reason: 'EngineNotReady',
    message: /^Pod POD: The engine runs since .* and does not answer its readiness probe\.$/,
  },
  {
    title: 'weights behind a gate',
    instanceType: T4,
    outcome: says(
      'huggingface_hub.errors.GatedRepoError: 403 Client Error. Access to model microsoft/Phi-3-mini-4k-instruct is restricted and you are not in the authorized list.',
    ),
    reason: 'WeightsGated',
    message:
      /^Pod POD: The container ended with exit code 1: huggingface_hub\.errors\.GatedRepoError: .* Next: Accept the conditions of the model at its hub, put a token that may read it into a Secret under HF_TOKEN, and name that in inference\.preset\.presetOptions\.modelAccessSecret\.$/,
  },
  {
    title: 'a hub that cannot be reached',
    instanceType: T4,
    outcome: says(
      "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='huggingface.co', port=443): Max retries exceeded",
    ),
    reason: 'WeightsUnreachable',
    message:
      /Max retries exceeded.* Next: Let the pods reach the model hub \(name service, egress rules, proxy\), or serve the weights from an image\.$/,
  },
  {
    title: 'a disk that is full',
    instanceType: T4,
    outcome: says('OSError: [Errno 28] No space left on device'),
    reason: 'DiskFull',
    message:
      /No space left on device.* Next: Choose an instance type with a larger disk, or a volume that holds the weights\.$/,
  },
  {
    title: 'a pod that was thrown out for its disk',
    outcome: { readyAfter: 'never' },
    meanwhile: evict,
    reason: 'NodeDiskPressure',
    message:
      'Pod POD: Evicted: The node was low on resource: ephemeral-storage. Next: Choose an instance type with a larger disk, or a volume that holds the weights.',
  },
];

/** Somebody binds a pod of their own to the node, past the scheduler. */
async function takeTheGpu({ cluster }: World): Promise<void> {
  const [node] = (await cluster.client.list(NODES)).items;
  const gpu = { 'nvidia.com/gpu': '1' };
  await cluster.client.create(PODS, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'thief', namespace: 'default' },
    spec: {
      nodeName: node?.metadata.name,
      tolerations: [{ operator: 'Exists' }],
      containers: [{ name: 'thief', image: 'thief:1', resources: { requests: gpu, limits: gpu } }],
    },
  } as never);
}

/** The kubelet throws the pod out; no other comes in its place, since the controller for that is away. */
async function evict({ cluster, clock }: World): Promise<void> {
  const ours = async () =>
    (await cluster.client.list(PODS)).items.find(({ metadata }) => metadata.labels?.['kaito.sh/workspace'] === 'demo');
  await clock.advanceUntil(async () => (await ours()) !== undefined, 3_600_000);
  cluster.controller('replicaset').pause();
  const name = (await ours())?.metadata.name ?? '';
  const status = { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: ephemeral-storage.' };
  await cluster.client.merge(PODS, 'default', name, { status }, 'status');
}

describe('a model that does not come up', function () {
  this.timeout(120_000);
  let world: World;
  afterEach(() => world.stop());

  for (const { title, outcome, meanwhile, instanceType, reason, message } of failures) {
    it(`says in InferenceReady, and in kaito why, what it is and what helps: ${title}`, async () => {
      const script: Script = (_pod, container) => (container === 'demo' ? (outcome ?? {}) : {});
      world = await World.start({ script });
      await world.operate();
      await world.apply(phiWorkspace(instanceType === undefined ? {} : { instanceType }));
      if (meanwhile) {
        await world.clock.advanceUntil(async () => (await world.names(NODES)).length > 0, 3_600_000);
        await meanwhile(world);
      }
      await world.clock.advanceUntil(
        async () => (await world.condition('InferenceReady'))?.reason === reason,
        3 * 3_600_000,
      );
      const condition = await world.condition('InferenceReady');
      const told = (condition?.message ?? '').replace(/^Pod demo-\S+:/, 'Pod POD:');
      expect(condition).to.include({ status: 'False', reason });
      if (typeof message === 'string') expect(told).to.equal(message);
      else expect(told).to.match(message);
      const answer = whyOf((await world.workspace())!, [], world.clock.now());
      const { message: what, remedy } = splitNextStep(condition?.message ?? '');
      expect(answer).to.include({ condition: 'InferenceReady', reason });
      expect(answer.sentence.replace(/ for \w+ at/, ' for SOME TIME at')).to.equal(
        `default/demo is waiting for SOME TIME at InferenceReady (${reason}): ${what}`,
      );
      expect(answer.next).to.equal(remedy ?? nextStep(reason, { name: 'demo', namespace: 'default' }));
    });
  }
});
