import type { KubeObject, ResourceName } from './objects.js';

/** A resource together with the shape that its objects have once the API server has let them in. */
export interface Kind<T extends KubeObject = KubeObject> extends ResourceName {
  readonly kind: string;
  /** Never set; carries the type. */
  readonly shape?: T;
}

/** Names a resource that this package works on, built in or custom. */
export function kind<T extends KubeObject = KubeObject>(
  group: string,
  version: string,
  plural: string,
  name: string,
): Kind<T> {
  return { group, version, plural, kind: name };
}

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(resource: ResourceName): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly SelectorTerm[];
}
export interface SelectorTerm {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** `True`, `False` or `Unknown`, as every condition of the API says it. */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
  readonly lastUpdateTime?: string;
  readonly observedGeneration?: number;
}

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}
export interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}

export interface NodeObject extends KubeObject {
  spec?: {
    readonly providerID?: string;
    readonly unschedulable?: boolean;
    readonly taints?: readonly Taint[];
    readonly podCIDR?: string;
  };
  status?: {
    readonly capacity?: Readonly<Record<string, string>>;
    readonly allocatable?: Readonly<Record<string, string>>;
    readonly conditions?: readonly Condition[];
  };
}

export interface ResourceRequirements {
  readonly requests?: Readonly<Record<string, string | number>>;
  readonly limits?: Readonly<Record<string, string | number>>;
}

export interface Probe {
  readonly httpGet?: {
    readonly path?: string;
    readonly port: number | string;
    readonly scheme?: string;
    readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[];
  };
  readonly tcpSocket?: { readonly port: number | string };
  readonly exec?: { readonly command?: readonly string[] };
  readonly grpc?: { readonly port: number; readonly service?: string };
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly successThreshold?: number;
  readonly failureThreshold?: number;
}

export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string };
    readonly resourceFieldRef?: {
      readonly containerName?: string;
      readonly resource: string;
      readonly divisor?: string;
    };
    readonly configMapKeyRef?: KeyRef;
    readonly secretKeyRef?: KeyRef;
  };
}
export interface KeyRef {
  readonly name?: string;
  readonly key: string;
  readonly optional?: boolean;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly env?: readonly EnvVar[];
  readonly envFrom?: readonly {
    readonly prefix?: string;
    readonly configMapRef?: { readonly name?: string; readonly optional?: boolean };
    readonly secretRef?: { readonly name?: string; readonly optional?: boolean };
  }[];
  readonly ports?: readonly {
    readonly name?: string;
    readonly containerPort: number;
    readonly hostPort?: number;
    readonly protocol?: string;
  }[];
  readonly resources?: ResourceRequirements;
  readonly volumeMounts?: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly subPath?: string;
    readonly readOnly?: boolean;
  }[];
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly startupProbe?: Probe;
  readonly terminationMessagePath?: string;
  readonly terminationMessagePolicy?: string;
  readonly imagePullPolicy?: string;
  readonly restartPolicy?: string;
}

export interface VolumeItems {
  readonly items?: readonly { readonly key: string; readonly path: string }[];
  readonly optional?: boolean;
}
export interface DownwardItem {
  readonly path: string;
  readonly fieldRef?: { readonly fieldPath: string };
  readonly resourceFieldRef?: { readonly containerName?: string; readonly resource: string; readonly divisor?: string };
}
export interface Volume {
  readonly name: string;
  readonly emptyDir?: { readonly medium?: string; readonly sizeLimit?: string };
  readonly configMap?: VolumeItems & { readonly name?: string };
  readonly secret?: VolumeItems & { readonly secretName?: string };
  readonly downwardAPI?: { readonly items?: readonly DownwardItem[] };
  readonly projected?: {
    readonly sources?: readonly {
      readonly configMap?: VolumeItems & { readonly name?: string };
      readonly secret?: VolumeItems & { readonly name?: string };
      readonly downwardAPI?: { readonly items?: readonly DownwardItem[] };
      readonly serviceAccountToken?: {
        readonly path: string;
        readonly audience?: string;
        readonly expirationSeconds?: number;
      };
    }[];
  };
  readonly persistentVolumeClaim?: { readonly claimName: string; readonly readOnly?: boolean };
  readonly hostPath?: { readonly path: string; readonly type?: string };
  readonly image?: { readonly reference?: string; readonly pullPolicy?: string };
}

export interface NodeSelectorTerms {
  readonly nodeSelectorTerms: readonly {
    readonly matchExpressions?: readonly SelectorTerm[];
    readonly matchFields?: readonly SelectorTerm[];
  }[];
}

export interface PodSpec {
  readonly nodeName?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly affinity?: {
    readonly nodeAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: NodeSelectorTerms;
    };
  };
  readonly tolerations?: readonly Toleration[];
  readonly schedulingGates?: readonly { readonly name: string }[];
  readonly schedulerName?: string;
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Volume[];
  readonly restartPolicy?: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly activeDeadlineSeconds?: number;
  readonly serviceAccountName?: string;
  readonly hostname?: string;
  readonly subdomain?: string;
  readonly overhead?: Readonly<Record<string, string>>;
}

/** One entry of `status.containerStatuses`. Exactly one of the three states is set. */
export interface ContainerStatus {
  readonly name: string;
  readonly image: string;
  readonly imageID: string;
  readonly containerID?: string;
  readonly ready: boolean;
  readonly started: boolean;
  readonly restartCount: number;
  readonly state: ContainerStateJson;
  readonly lastState: ContainerStateJson;
}
export interface ContainerStateJson {
  readonly waiting?: { readonly reason: string; readonly message?: string };
  readonly running?: { readonly startedAt: string };
  readonly terminated?: {
    readonly exitCode: number;
    readonly signal?: number;
    readonly reason: string;
    readonly message?: string;
    readonly startedAt?: string;
    readonly finishedAt?: string;
    readonly containerID?: string;
  };
}

export interface PodStatus {
  readonly phase?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly podIP?: string;
  readonly podIPs?: readonly { readonly ip: string }[];
  readonly hostIP?: string;
  readonly startTime?: string;
  readonly conditions?: readonly Condition[];
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly initContainerStatuses?: readonly ContainerStatus[];
  readonly qosClass?: string;
}
export interface Pod extends KubeObject {
  spec: PodSpec;
  status?: PodStatus;
}
export interface PodTemplate {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
  };
  readonly spec: PodSpec;
}

export interface Service extends KubeObject {
  spec?: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly clusterIP?: string;
    readonly type?: string;
    readonly publishNotReadyAddresses?: boolean;
    readonly ports?: readonly {
      readonly name?: string;
      readonly port: number;
      readonly targetPort?: number | string;
      readonly protocol?: string;
      readonly appProtocol?: string;
    }[];
  };
}

export interface ReplicaSet extends KubeObject {
  spec: {
    readonly replicas?: number;
    readonly minReadySeconds?: number;
    readonly selector: LabelSelector;
    readonly template: PodTemplate;
  };
  status?: {
    readonly replicas?: number;
    readonly fullyLabeledReplicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    readonly observedGeneration?: number;
    readonly conditions?: readonly Condition[];
  };
}

export interface Deployment extends KubeObject {
  spec: {
    readonly replicas?: number;
    readonly selector: LabelSelector;
    readonly template: PodTemplate;
    readonly strategy?: {
      readonly type?: string;
      readonly rollingUpdate?: { readonly maxSurge?: number | string; readonly maxUnavailable?: number | string };
    };
    readonly minReadySeconds?: number;
    readonly progressDeadlineSeconds?: number;
    readonly revisionHistoryLimit?: number;
    readonly paused?: boolean;
  };
  status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    readonly unavailableReplicas?: number;
    readonly conditions?: readonly Condition[];
  };
}

export interface StatefulSet extends KubeObject {
  spec: {
    readonly replicas?: number;
    readonly selector: LabelSelector;
    readonly template: PodTemplate;
    readonly serviceName?: string;
    readonly podManagementPolicy?: string;
    readonly minReadySeconds?: number;
    readonly revisionHistoryLimit?: number;
    readonly ordinals?: { readonly start?: number };
    readonly updateStrategy?: { readonly type?: string; readonly rollingUpdate?: { readonly partition?: number } };
    readonly volumeClaimTemplates?: readonly KubeObject[];
    readonly persistentVolumeClaimRetentionPolicy?: { readonly whenDeleted?: string; readonly whenScaled?: string };
  };
  status?: {
    readonly currentRevision?: string;
    readonly updateRevision?: string;
    readonly [field: string]: unknown;
  };
}

export interface DaemonSet extends KubeObject {
  spec: {
    readonly selector: LabelSelector;
    readonly template: PodTemplate;
    readonly updateStrategy?: {
      readonly type?: string;
      readonly rollingUpdate?: { readonly maxSurge?: number | string; readonly maxUnavailable?: number | string };
    };
    readonly minReadySeconds?: number;
    readonly revisionHistoryLimit?: number;
  };
  status?: {
    readonly observedGeneration?: number;
    readonly desiredNumberScheduled?: number;
    readonly currentNumberScheduled?: number;
    readonly updatedNumberScheduled?: number;
    readonly numberMisscheduled?: number;
    readonly numberReady?: number;
    readonly numberAvailable?: number;
    readonly numberUnavailable?: number;
  };
}

export interface PersistentVolumeClaim extends KubeObject {
  spec: {
    readonly accessModes?: readonly string[];
    readonly storageClassName?: string;
    readonly volumeName?: string;
    readonly volumeMode?: string;
    readonly selector?: LabelSelector;
    readonly resources?: ResourceRequirements;
  };
  status?: { readonly phase?: string };
}

export interface PersistentVolume extends KubeObject {
  spec: {
    readonly accessModes?: readonly string[];
    readonly storageClassName?: string;
    readonly capacity?: Readonly<Record<string, string>>;
    readonly volumeMode?: string;
    readonly persistentVolumeReclaimPolicy?: string;
    readonly claimRef?: { readonly namespace?: string; readonly name?: string; readonly uid?: string };
    readonly hostPath?: { readonly path: string };
  };
  status?: { readonly phase?: string };
}

export interface StorageClass extends KubeObject {
  readonly provisioner?: string;
  readonly reclaimPolicy?: string;
  readonly volumeBindingMode?: string;
}

export interface Job extends KubeObject {
  spec: {
    readonly completions?: number;
    readonly parallelism?: number;
    readonly backoffLimit?: number;
    readonly suspend?: boolean;
    readonly activeDeadlineSeconds?: number;
    readonly ttlSecondsAfterFinished?: number;
    readonly completionMode?: string;
    readonly selector?: LabelSelector;
    readonly podFailurePolicy?: { readonly rules: readonly PodFailurePolicyRule[] };
    readonly template: PodTemplate;
  };
  status?: JobStatus;
}
export interface PodFailurePolicyRule {
  readonly action: string;
  readonly onExitCodes?: {
    readonly containerName?: string;
    readonly operator: string;
    readonly values: readonly number[];
  };
  readonly onPodConditions?: readonly { readonly type: string; readonly status?: string }[];
}
export interface JobStatus {
  readonly active?: number;
  readonly ready?: number;
  readonly succeeded?: number;
  readonly failed?: number;
  readonly completedIndexes?: string;
  readonly startTime?: string;
  readonly completionTime?: string;
  readonly conditions?: readonly Condition[];
  readonly uncountedTerminatedPods?: { readonly succeeded?: readonly string[]; readonly failed?: readonly string[] };
}

/** The kinds that the controllers, the kubelet and the clouds name. */
export const kinds = {
  pods: kind<Pod>('', 'v1', 'pods', 'Pod'),
  nodes: kind<NodeObject>('', 'v1', 'nodes', 'Node'),
  services: kind<Service>('', 'v1', 'services', 'Service'),
  endpoints: kind('', 'v1', 'endpoints', 'Endpoints'),
  events: kind('', 'v1', 'events', 'Event'),
  namespaces: kind('', 'v1', 'namespaces', 'Namespace'),
  configMaps: kind('', 'v1', 'configmaps', 'ConfigMap'),
  secrets: kind('', 'v1', 'secrets', 'Secret'),
  serviceAccounts: kind('', 'v1', 'serviceaccounts', 'ServiceAccount'),
  persistentVolumeClaims: kind<PersistentVolumeClaim>('', 'v1', 'persistentvolumeclaims', 'PersistentVolumeClaim'),
  persistentVolumes: kind<PersistentVolume>('', 'v1', 'persistentvolumes', 'PersistentVolume'),
  storageClasses: kind<StorageClass>('storage.k8s.io', 'v1', 'storageclasses', 'StorageClass'),
  endpointSlices: kind('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice'),
  deployments: kind<Deployment>('apps', 'v1', 'deployments', 'Deployment'),
  replicaSets: kind<ReplicaSet>('apps', 'v1', 'replicasets', 'ReplicaSet'),
  statefulSets: kind<StatefulSet>('apps', 'v1', 'statefulsets', 'StatefulSet'),
  daemonSets: kind<DaemonSet>('apps', 'v1', 'daemonsets', 'DaemonSet'),
  controllerRevisions: kind('apps', 'v1', 'controllerrevisions', 'ControllerRevision'),
  jobs: kind<Job>('batch', 'v1', 'jobs', 'Job'),
  customResourceDefinitions: kind(
    'apiextensions.k8s.io',
    'v1',
    'customresourcedefinitions',
    'CustomResourceDefinition',
  ),
} as const;
