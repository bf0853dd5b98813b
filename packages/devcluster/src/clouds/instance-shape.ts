/** What a machine of one instance type has. Quantities as Kubernetes writes them: `6`, `112Gi`. */
export interface InstanceShape {
  readonly cpu: string | number;
  readonly memory: string;
  /** Whole GPUs; 0 or left out for none. */
  readonly gpus?: number;
  /** Default 128Gi. */
  readonly ephemeralStorage?: string;
  /** Default 110. */
  readonly pods?: number;
}

/** The shapes by instance type, `Standard_NC6s_v3` and so on. */
export type InstanceShapes = Readonly<Record<string, InstanceShape>>;

/** The resources of a node of that shape. GPUs are left out until the device plugin has announced them. */
export function resourcesOf(shape: InstanceShape, withGpus: boolean): Record<string, string> {
  return {
    cpu: String(shape.cpu),
    memory: shape.memory,
    'ephemeral-storage': shape.ephemeralStorage ?? '128Gi',
    pods: String(shape.pods ?? 110),
    ...(withGpus && (shape.gpus ?? 0) > 0 ? { 'nvidia.com/gpu': String(shape.gpus) } : {}),
  };
}
