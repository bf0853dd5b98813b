/** What a person can do about a reason that stands in a condition, one sentence each; `NAME` and `NAMESPACE` are put in. */
const NEXT_STEPS: Readonly<Record<string, string>> = {
  // Before anything is bought
  Invalid: 'Correct the fields that are named and apply the Workspace again.',
  WorkloadRefused:
    'Make room in the quota, or change the policy that refuses: it is tried again every minute, and no node is paid for meanwhile.',
  ReferenceMissing:
    'Create the Secret or ConfigMap that is named, in namespace NAMESPACE; it is looked for again by itself.',
  SpendingLimitReached: 'Wait for the hour to pass, or raise leases.usdPerHour in the configuration of the operator.',
  ClaimLimitReached:
    'Look at the failures of the last hour (kaito status NAME -n NAMESPACE); the next node is asked for when the hour has passed.',
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
  InvalidClaim: 'Correct what the message names: the cloud refuses the request as it is.',
  NotTakenUp: 'Install or repair the controller that serves these claims: nobody has taken this one up.',
  CloudBusy: 'Nothing to do: the same request is made again.',
  Throttled: 'Nothing to do: the same request is made again, more slowly.',
  LaunchFailed: 'Read what the cloud said; another offer is tried where resource.alternatives has one.',
  NodeGivenUp: 'Nothing to do: the next offer is being tried.',
  NodesUnsettled: 'Nothing to do: the nodes of the cluster are being read.',
  NodeLaunchOverdue: 'Nothing to do: the machine was given back, and the next offer is tried.',
  NodeJoinOverdue: 'Look why such machines do not join (network, bootstrap); this one was given back.',
  NodeDevicesOverdue: 'Look why such nodes do not show their GPUs (driver, device plugin); this one was given back.',
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
  ContainerCrashLoopBackOff: 'Read the log: kubectl logs -l kaito.sh/workspace=NAME -n NAMESPACE --previous.',
  ContainerRestarting: 'Read the log: kubectl logs -l kaito.sh/workspace=NAME -n NAMESPACE --previous.',
  ContainerOOMKilled: 'Take an instance type with more memory: kaito plan --models MODEL shows what fits.',
  ModelRestarting: 'Nothing to do yet: the model starts again; when it does so often, read its log.',
  EngineStarting: 'Nothing to do yet: the model is being loaded.',
  EngineNotReady: 'Nothing to do yet: the model is being loaded; its log tells how far it is.',
  RollingOut: 'Nothing to do: a change is being rolled out.',
  Evicted: 'Look why the node evicts pods: kubectl describe node.',
  NodeDiskPressure: 'Give the nodes larger disks, or take a smaller model.',
  PodFailed: 'Read the log: kubectl logs -l kaito.sh/workspace=NAME -n NAMESPACE.',
  WorkloadStartOverdue: 'Look what kept the pod from running (image, volumes); the node was given back.',
  WorkloadReadyOverdue: 'Read the log of the engine; the node was given back, and another is tried.',
  JobSuspended: 'Nothing to do: the Job begins when its node is there.',
};

/** The next step for a reason, or where to look when nobody wrote one down. */
export function nextStep(
  reason: string,
  { name, namespace }: { readonly name: string; readonly namespace: string },
): string {
  const words = NEXT_STEPS[reason] ?? 'Read the events: kubectl describe workspace NAME -n NAMESPACE.';
  return words.replaceAll('NAMESPACE', namespace).replaceAll('NAME', name);
}

/** Reasons for which a next step is written down. */
export const knownReasons: readonly string[] = Object.keys(NEXT_STEPS);
