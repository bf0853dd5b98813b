/**
 * The shapes through which a kubelet of the devcluster is given local programs for images. Written down here as well, so that neither
 * package depends on the other; TypeScript compares them by shape where the two meet.
 */
export interface ImageProgram {
  match(image: string): boolean;
  start(container: ContainerStart): ProcessSpec | Refusal;
  /** What a probe of the kind `exec` runs. Without it there is no such command in the image. */
  exec?(container: ContainerStart, command: readonly string[]): ProcessSpec | Refusal;
}

/** What a stand-in reads of a container that is about to start. */
export interface ContainerStart {
  readonly pod: { readonly nodeName: string };
  readonly image: string;
  /** Empty when the manifest leaves it to the image. */
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly workingDir: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly ContainerMount[];
  readonly resources: { readonly limits: Readonly<Record<string, string | number>> };
  /** The port of 127.0.0.1 that stands for this port of the pod. */
  hostPort(containerPort: number): number;
}

/** What the container calls `mountPath` lies at `hostPath` on this machine. */
export interface ContainerMount {
  readonly mountPath: string;
  readonly hostPath: string;
  /** `Memory` for an emptyDir of that medium. */
  readonly medium?: string;
}

/** A local process to spawn. */
export interface ProcessSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Why a container does not come up: `start` when its command cannot run at all, `exit` when the program starts, says `message` and exits
 * with `code`.
 */
export type Refusal =
  | { readonly refuse: 'start'; readonly message: string }
  | { readonly refuse: 'exit'; readonly message: string; readonly code: number };
