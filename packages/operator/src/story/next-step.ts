/** What a person can do about a reason that stands in a condition, one sentence each; `NAME` and `NAMESPACE` are put in. */
const NEXT_STEPS: Readonly<Record<string, string>> = {
  // Before anything is bought
  Invalid: 'Correct the fields that are named and apply the Workspace again.',
  WorkloadRefused:
    'Make room in the quota, or change the policy that refuses: it is tried again every minute, and no node is paid for meanwhile.',
  NameTaken: 'Rename the Workspace, or remove the object that is named; it is looked for again every minute.',
  ReferenceMissing:
    'Create the Secret or ConfigMap that is named, in namespace NAMESPACE; it is looked for again every minute.',
  SpendingLimitReached: 'Wait for the hour to pass, or raise leases.usdPerHour in the configuration of the operator.',
  ClaimLimitReached:
    'Look at what failed (kaito status NAME -n NAMESPACE); when the next node is asked for stands in the message.',
  WorkspaceGone: 'Nothing to do: the Workspace is being deleted.',
  TuningMissing: 'Create the tuning Workspace that is named, or name another source for the adapter.',
  TuningNotDone: 'Nothing to do yet: the adapter comes when that tuning is done (kaito why tells how far it is).',
  TuningFailed:
    'Mend the tuning that is named (kaito why tells what is wrong with it), or name another source for the adapter.',
  AdapterSourceInvalid: 'Name a tuning Workspace that makes an image as the source of the adapter.',
  // Data of a tuning, before a node is asked for
  CheckingData: 'Nothing to do yet: a pod without GPUs looks at the data, and no node is paid for meanwhile.',
  NoRoomForCheck: 'Nothing to do: the tuning looks at its data itself, first thing.',
  AddressForbidden: 'Give an address that is not a private one, or bring the data as an image or a volume.',
  DownloadRefused: 'Give an address that the server answers: it refused this one.',
  DownloadFailed: 'Check that the address can be reached from the cluster; it is tried again every 5 minutes.',
  RedirectRefused: 'Give the address that the server sends on to, if it is one you trust.',
  DataEmpty: 'Bring data: there is none.',
  NoData: 'Bring a parquet, json, jsonl, csv or arrow file.',
  DataUnreadable: 'Bring the file that is named anew: it is not what its name says, or not whole.',
  DataMixed: 'Bring all files to one form.',
  ColumnsMissing: 'Set the columns in DatasetConfig to those that the message names.',
  NothingToTrain: 'Correct the rows that are named: none of them can be used.',
  ChatTemplateMissing: 'Bring plain texts instead of conversations, or take a model that has a chat template.',
  ConfigMissing: 'Create the ConfigMap of tuning.config in namespace NAMESPACE, with the key training_config.yaml.',
  ChecksumMismatch:
    'Give the address of what belongs to the checksum, or its right checksum: what was downloaded is something else.',
  ModelUnreadable:
    'Take an image whose weights can be read, or the weights of the hub; the log of the trainer says what is wrong.',
  ConfigInvalid: 'Correct the setting that is named in the ConfigMap of tuning.config.',
  TargetsMissing: 'Name layers that the model has in target_modules, or all-linear.',
  PushSecretMissing:
    'Create the Secret of tuning.output.imagePushSecret in namespace NAMESPACE, of type kubernetes.io/dockerconfigjson.',
  // Nodes
  NodeClaimNotReady: 'Nothing to do yet: machines take minutes, and one that takes too long is given back.',
  CapacityUnavailable: 'Wait for capacity, or name other machines in resource.alternatives.',
  NothingOffered: 'Name machines that can be had in resource.alternatives (kaito instances lists them).',
  NoMatchingNode: 'Label a node with the labels of resource.labelSelector, or free GPUs on one that has them.',
  QuotaExceeded: 'Ask the cloud for a higher quota of that family, or name another in resource.alternatives.',
  QuotaIsZero: 'Ask the cloud for a quota of that family, or name another in resource.alternatives.',
  InstanceTypeNotOffered: 'Name another instance type: this one is not to be had in this account or region.',
  NotPermitted: 'Give the operator the right that is named; it looks again within the hour.',
  NotAuthenticated: 'Give the operator valid credentials for the cloud.',
  DeniedByPolicy: 'Change the policy that is named, or give it what it asks for.',
  ClusterNotFound: 'Correct the cluster that the configuration of the operator names, or its rights on it.',
  CloudUnreachable: 'Check that the operator reaches the cloud (network, proxy, name service); it is tried again.',
  CloudError: 'Nothing to do: the cloud has an error of its own, and the same request is made again.',
  PoolCanceled: 'Look who canceled it in the activity log of the cluster; it is asked for again.',
  WaitingForTurn: 'Nothing to do: the cloud makes one change of a cluster at a time.',
  GpuProvisionerPresent: 'Turn off gpu-provisioner, or take provisioner karpenter: both would serve the same pools.',
  LabelNotAllowed: 'Leave out the label that is named: the cloud keeps it for itself.',
  SpotNotOffered: 'Ask for on-demand machines: this provisioner has no others.',
  NodeClassMissing: 'Create the node class that is named, or name another in the configuration of the operator.',
  NodeClassNotReady: 'Look at the conditions of the node class: kubectl describe tells what it lacks.',
  NodeClassUnknown: 'Install the Karpenter that serves this node class, or name another profile.',
  NodeClaimCrdMissing: 'Install what is named: the cluster does not know the kind that stands for a node.',
  NodePoolCrdMissing: 'Install what is named: the cluster does not know the kind that stands for nodes.',
  MachineCrdMissing: 'Install what is named: the cluster does not know the kind that stands for a node.',
  ClaimNameTaken: 'Remove what is named: somebody else holds the name of this claim.',
  NodeClaimFailed: 'Read the message: the provisioner gives no other reason.',
  NodesReleased: 'Nothing to do: the tuning has ended.',
  InvalidClaim: 'Correct what the message names: the cloud refuses the request as it is.',
  NotTakenUp: 'Install or repair the controller that serves these claims: nobody has taken this one up.',
  CloudBusy: 'Nothing to do: the same request is made again.',
  Throttled: 'Nothing to do: the same request is made again, more slowly.',
  LaunchFailed: 'Read what the cloud said; another offer is tried where resource.alternatives has one.',
  NodesUnsettled: 'Nothing to do: the nodes of the cluster are being read.',
  NodeLaunchOverdue: 'Nothing to do: the machine was given back, and the next offer is tried.',
  NodeJoinOverdue: 'Look why such machines do not join (network, bootstrap); this one was given back.',
  NodeDevicesOverdue: 'Look why such nodes do not show their GPUs (driver, device plugin); this one was given back.',
  TakingPreferredNodes: 'Nothing to do: the nodes that resource.preferredNodes names are being taken.',
  NodeWithdrawn: 'Nothing to do: the node is no longer named in resource.preferredNodes, and another is got for it.',
  NodeClaimVanished: 'Look at the events of the claim: somebody else took it back.',
  DevicePluginMissing:
    'Install the device plugin (the Helm chart does, unless it is told not to); nothing is bought before.',
  NodeNotReady: 'Wait for the node to get ready, or look at it: kubectl describe node.',
  NodePluginsNotReady:
    'Wait for driver and device plugin; when they do not come, look at the pods of the device plugin.',
  ReleasingNodes: 'Nothing to do: the nodes are on their way back.',
  // The workload
  WorkloadNotCreated: 'Nothing to do: the workload is applied when its node has joined.',
  WorkloadStarting: 'Nothing to do yet: the pods are being made.',
  PodsMissing: 'Look at the events of the workload: kubectl describe deployment,job NAME -n NAMESPACE.',
  Scheduling:
    'Wait for the node; when it is ready and the pod still waits, kubectl describe pod tells what does not match.',
  Unschedulable: 'Look what does not match: kubectl describe pod -l kaito.sh/workspace=NAME -n NAMESPACE.',
  ContainerCreating: 'Nothing to do yet: an image with a model inside takes minutes to pull.',
  ImagePullError: 'Check the name of the image and the pull secrets in namespace NAMESPACE.',
  ContainerStartError: 'Read the message: a Secret, a ConfigMap or the command of the container is wrong.',
  ContainerCrashLoopBackOff: 'Read the log: kaito logs NAME -n NAMESPACE --previous.',
  ContainerRestarting: 'Read the log: kaito logs NAME -n NAMESPACE --previous.',
  ContainerOOMKilled: 'Take an instance type with more memory: kaito plan --models MODEL shows what fits.',
  ModelRestarting: 'Nothing to do yet: the model starts again; when it does so often, read its log.',
  EngineStarting: 'Nothing to do yet: the model is being loaded.',
  EngineNotReady: 'Nothing to do yet: the model is being loaded; its log tells how far it is.',
  RollingOut: 'Nothing to do: a change is being rolled out.',
  NodeDiskPressure: 'Give the nodes larger disks, or take a smaller model.',
  PodFailed: 'Read the log: kaito logs NAME -n NAMESPACE.',
  WorkloadStartOverdue: 'Look what kept the pod from running (image, volumes); the node was given back.',
  WorkloadReadyOverdue: 'Read the log of the engine; the node was given back, and another is tried.',
  FailedCreate: 'Make room in the quota of namespace NAMESPACE, or change what refuses its pods.',
  ContainerStopped: 'Look at the events of the pod: a failed liveness probe ends it most often.',
  EngineStartTimedOut: 'Read the log: kaito logs NAME -n NAMESPACE --previous; it did not answer in time.',
  EngineArgumentsRefused: 'Take an image that knows these arguments, or correct those of inference.config.',
  GpuOutOfMemory: 'Choose an instance type with more GPU memory; kaito plan prints what the model needs.',
  GpuMissing: 'Look at the device plugin of the node: the container sees no GPU.',
  GpuUnsupported: 'Take another instance type, or another image: they do not go together.',
  WeightsGated:
    'Accept the conditions of the model at its hub, and give a token in inference.preset.presetOptions.modelAccessSecret.',
  WeightsNotFound: 'Correct the name or revision of the model.',
  WeightsUnreachable: 'Check that pods reach the hub: name service, egress, proxy, certificates.',
  WeightsUnavailable: 'Check that pods reach the hub and may have the model; or take an image with the weights inside.',
  DiskFull: 'Take an instance type with a larger disk, or a smaller model.',
  NodeMemoryPressure: 'Take an instance type with more memory.',
  PodEvicted: 'Look why the node evicts pods: kubectl describe node.',
  AdapterPullRefused:
    'Give a Secret for the registry in adapters[].source.imagePullSecrets, or the identity of the pods the right to pull.',
  AdapterPullFailed: 'Check the image of the adapter that is named, and that pods reach its registry.',
  AdapterInvalid: 'Bring an adapter that PEFT wrote: adapter_config.json and adapter_model.safetensors.',
  AdapterBaseModelMismatch: 'Name an adapter of this model, or the model of this adapter.',
  AdapterUnsupported: 'Take an adapter that the engine can serve, or another runtime (kaito.sh/runtime).',
  AdaptersLoading: 'Wait: the running engine is given the adapters, which a kubelet learns of within about a minute.',
  AdapterLoadFailed: 'Look at the log of the container adapter-sidecar; it tries again every minute.',
  AdapterExchangeRefused: 'Wait: another pod is made, with which the adapters come.',
  AdapterLoaderMismatch: 'Give operator and loader image the same version.',
  // The operator itself comes to no end
  ApiServerFailing:
    'Nothing to do for the Workspace; when it stays so, look at the API server: kubectl get --raw "/readyz?verbose".',
  RequestRefused:
    'Change what refuses, as the message has it: a quota, an admission policy or webhook, a right of the operator. Any change of the Workspace makes it try again at once.',
  ProvisionerFailing:
    'Look at the cloud and at the settings of the provisioner; the log of the operator has the whole error.',
  RuntimeFailing:
    'Take another runtime (kaito.sh/runtime), and report it to whoever makes this one, with the log of the operator.',
  CatalogFailing:
    'Look at the settings of the catalog that is named, and at where it has its data; the log of the operator has the whole error.',
  OperatorFailing: 'Report it, with the log of the operator: this is a fault of the operator itself.',
  // By the constants of KAITO's conditions, which say nothing more
  workspaceResourceStatusNotReady: 'Look at the nodes: kubectl get nodes -l kaito.sh/workspace=NAME.',
  workspaceResourceStatusFailed: 'Look at the nodes: kubectl get nodes -l kaito.sh/workspace=NAME.',
  WorkspaceInferenceStatusPending: 'Nothing to do yet: the model is being started.',
  WorkspaceInferenceStatusFailed: 'Read the log: kaito logs NAME -n NAMESPACE.',
  WorkspaceTuningJobStatusPending: 'Nothing to do yet: the tuning is being started.',
  // A tuning that runs, and its end
  TuningRunning: 'Nothing to do yet: the tuning runs, and its message says how far it is.',
  WorkspaceTuningJobStatusFailed:
    'Correct what the message names; a change of tuning runs it again, and so does another value of the annotation kaito-sdk.dev/tuning-run.',
  TrainerCrashed: 'Read the log: kaito logs NAME -n NAMESPACE.',
  TrainerGone: 'Read the log: kaito logs NAME -n NAMESPACE.',
  OutOfMemory: 'Take an instance type with more GPU memory, method qlora, or a smaller batch in the settings.',
  AdapterMissing: 'Read the log: kaito logs NAME -n NAMESPACE; it ended without a result.',
  NothingToPush: 'Read the log: kaito logs NAME -n NAMESPACE; it ended without a result.',
  JobSuspended: 'Nothing to do: the Job begins when its node is there.',
};

/** The next step for a reason, or where to look when nobody wrote one down. */
export function nextStep(
  reason: string,
  { name, namespace }: { readonly name: string; readonly namespace: string },
): string {
  const words =
    (Object.hasOwn(NEXT_STEPS, reason) ? NEXT_STEPS[reason] : undefined) ??
    'Read the events: kubectl describe workspace NAME -n NAMESPACE.';
  return words.replaceAll('NAMESPACE', namespace).replaceAll('NAME', name);
}

/** Reasons for which a next step is written down. */
export const knownReasons: readonly string[] = Object.keys(NEXT_STEPS);
