import { conditionReasons, conditionTypes } from '@kaito-sdk/core';
import { expect } from 'chai';
import { knownReasons, nextStep } from '../../dist/story/next-step.js';
import { reasonsOfPrograms, wordsInCode } from '../support/reasons-in-code.js';

/** Words that look like reasons and are none that a Workspace waits for; by what they are instead. */
const NO_REASONS: Readonly<Record<string, string>> = {
  'types of conditions, ours and of Kubernetes':
    'JobStarted PodScheduled ReplicaFailure DisruptionTarget WorkspaceReady NodeClaimReady',
  'kinds and values of Kubernetes':
    'ClusterIP ConfigMap IfNotPresent FailJob FallbackToLogsOnError LoadBalancer NoSchedule NodeClaim NodePool OnRootMismatch RollingUpdate RuntimeDefault StatefulSet NotReady',
  'what the kubelet says, and is told as another reason':
    'CrashLoopBackOff CreateContainerConfigError CreateContainerError ErrImageNeverPull ErrImagePull ImageInspectError ImagePullBackOff InvalidImageName PostStartHookError PreCreateHookError PreStartHookError RegistryUnavailable RunContainerError',
  'what Karpenter and Azure say':
    'AwaitingReconciliation AzureCloud AzureLinux AzureUSGovernment InstanceTerminating KaitoNodeClass MemoryGB ProvisioningFailed VirtualMachineScaleSets VolumesDetached',
  'events, of which nobody waits for one':
    'AdaptersExchanged NodeClaimCreated NodeClaimReleased PreferredNodesPassedOver PreferredNodeTaken PushFailed TuningAdapted TuningInterrupted TuningResumed TuningSucceeded TuningWarning Planned',
  'refusals to plan, which bring their own remedy': 'UnknownInstanceType',
  'notices of a Plan': 'AnnotationIgnored ComputeTypeChanged DemonstrationModel GpusIdle WeightsFromImage',
  'architectures of models':
    'GemmaForCausalLM LlamaForCausalLM MistralForCausalLM MixtralForCausalLM PhiForCausalLM PhiMoEForCausalLM',
  'names of errors and controllers': 'ArmFailure LeakHunt',
};

/** Reasons of conditions that are True, and of the summaries, which take over the reason of what they sum up. */
const NEVER_WAITED_FOR = new Set<string>([
  conditionReasons.feasible,
  conditionReasons.dataChecked,
  conditionReasons.nodeClaimsReady,
  conditionReasons.resourceReady,
  conditionReasons.inferenceReady,
  conditionReasons.jobStarted,
  conditionReasons.workspaceReady,
  conditionReasons.workspaceSucceeded,
  conditionReasons.workspacePending,
  conditionReasons.workspaceFailed,
  conditionReasons.workspaceDeleted,
]);

describe('the next step of every reason that the code has', () => {
  const known = new Set(knownReasons);
  const words = wordsInCode();
  const programs = reasonsOfPrograms();
  const excused = new Set(Object.values(NO_REASONS).flatMap((list) => list.split(' ')));

  it('is written down for what phases, provisioners and runtimes say', () => {
    const missing = [...words].filter(
      ([word]) => !known.has(word) && !excused.has(word) && !NEVER_WAITED_FOR.has(word),
    );
    expect(
      missing.map(([word, file]) => `${word} (${file})`),
      'write a sentence in next-step.ts, or say above what the word is',
    ).to.deep.equal([]);
    expect(words.size, 'words that were found').to.be.greaterThan(120);
  });

  it('is written down for what the programs of a tuning end with', () => {
    const missing = [...programs].filter(([reason]) => !known.has(reason));
    expect(missing.map(([reason, file]) => `${reason} (${file})`)).to.deep.equal([]);
    expect(programs.size, 'codes that were found').to.be.greaterThan(15);
  });

  it('is written down for what conditions can have as a constant', () => {
    const used = Object.values(conditionReasons).filter((reason) => !NEVER_WAITED_FOR.has(reason));
    expect(used.filter((reason) => !known.has(reason))).to.deep.equal([]);
  });

  it('is one sentence, with the name and the namespace put in', () => {
    for (const reason of knownReasons) {
      expect(nextStep(reason, { name: 'demo', namespace: 'lab' }), reason)
        .to.match(/^[A-Z].+\.$/)
        .and.not.match(/NAME/);
    }
  });

  it('is not written down for what nobody says any more', () => {
    const said = new Set<string>([
      ...words.keys(),
      ...programs.keys(),
      ...Object.values(conditionReasons),
      ...PUT_TOGETHER,
    ]);
    expect(knownReasons.filter((reason) => !said.has(reason))).to.deep.equal([]);
    const types = new Set<string>(Object.values(conditionTypes));
    expect([...excused].filter((word) => !words.has(word) && !types.has(word))).to.deep.equal([]);
  });
});

/** Made from the kind that is missing, or given by the scheduler. */
const PUT_TOGETHER = ['NodeClaimCrdMissing', 'NodePoolCrdMissing', 'MachineCrdMissing', 'Unschedulable'];
