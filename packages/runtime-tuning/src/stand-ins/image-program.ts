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
  readonly name: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What the container calls `mountPath` lies at `hostPath` on this machine. */
  readonly mounts: readonly { readonly mountPath: string; readonly hostPath: string }[];
}

/** A local process to spawn. */
export interface ProcessSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Why a container does not come up: its command cannot run at all. */
export interface Refusal {
  readonly refuse: 'start';
  readonly message: string;
}
