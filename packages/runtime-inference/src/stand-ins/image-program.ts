/**
 * The shapes through which a kubelet of the devcluster is given local programs for images. Written down here as well, so that neither
 * package depends on the other; TypeScript compares them by shape where the two meet.
 */
export interface ImageProgram {
  match(image: string): boolean;
  start(container: ContainerStart): ProcessSpec | Refusal;
}

/** What is read of a container that is about to start. */
export interface ContainerStart {
  readonly image: string;
  /** Empty when the manifest leaves it to the image. */
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The port of 127.0.0.1 that stands for this port of the pod. Absent where the pod has no network. */
  hostPort?(containerPort: number): number;
  /** What the container calls `mountPath` lies at `hostPath` on this machine. */
  readonly mounts: readonly { readonly mountPath: string; readonly hostPath: string }[];
}

/** A local process to spawn. */
export interface ProcessSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Why a container does not come up: `start` when its command cannot run at all, `exit` when the program ends at once. */
export type Refusal =
  | { readonly refuse: 'start'; readonly message: string }
  | { readonly refuse: 'exit'; readonly message: string; readonly code: number };
