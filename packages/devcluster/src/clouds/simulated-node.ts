import { timestamp } from '../controllers/timestamp.js';
import type { Condition, Taint } from '../kinds.js';
import type { KubeObject } from '../objects.js';
import { type InstanceShape, resourcesOf } from './instance-shape.js';

/** What a simulated node is made of. */
export interface SimulatedNode {
  readonly name: string;
  readonly shape: InstanceShape;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly taints?: readonly Taint[];
  readonly providerID?: string;
  /** Whether its GPUs can be seen already. Default true. */
  readonly gpusVisible?: boolean;
}

/** A Ready Node as its kubelet would have registered it. The status goes through `/status`, as the kubelet's does. */
export function nodeObject(node: SimulatedNode, now: number): KubeObject {
  const { name, shape, labels = {}, annotations, taints = [], providerID, gpusVisible = true } = node;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/os': 'linux',
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        ...labels,
      },
      ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
    },
    spec: {
      ...(providerID === undefined ? {} : { providerID }),
      ...(taints.length === 0 ? {} : { taints }),
    },
    status: nodeStatus(name, shape, gpusVisible, now),
  };
}

/** The status of a healthy node, in the words of the kubelet. */
export function nodeStatus(
  name: string,
  shape: InstanceShape,
  gpusVisible: boolean,
  now: number,
): { readonly capacity: object; readonly allocatable: object; readonly [field: string]: unknown } {
  const resources = resourcesOf(shape, gpusVisible);
  return {
    capacity: resources,
    allocatable: resources,
    conditions: healthy(now),
    addresses: [
      { type: 'InternalIP', address: '10.224.0.4' },
      { type: 'Hostname', address: name },
    ],
    nodeInfo: {
      machineID: '',
      systemUUID: '',
      bootID: '',
      kernelVersion: 'simulated',
      osImage: 'simulated',
      containerRuntimeVersion: 'containerd://simulated',
      kubeletVersion: 'v1.34.4',
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: 'amd64',
    },
  };
}

function healthy(now: number): Condition[] {
  const at = timestamp(now);
  const say = (type: string, status: string, reason: string, message: string) => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: at,
    lastTransitionTime: at,
  });
  return [
    say('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    say('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    say('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    say('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
  ];
}
