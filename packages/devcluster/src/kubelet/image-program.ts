/**
 * Stands in for a container image: the local program with the same contract (ports, paths, environment, mounts). A
 * kubelet is given a list of them; the first that matches an image is asked.
 *
 * Two duties of a program. It must listen where {@link ContainerStart.hostPort} says, on 127.0.0.1, because all pods share
 * one machine. And it should end when its standard input ends: that is how it learns that the cluster has died, on every
 * platform. (On POSIX a guard process kills those that do not.)
 */
export interface ImageProgram {
  /** Whether this program is what the image reference, as written in the pod, would run. */
  match(image: string): boolean;
  /**
   * The local process for this container. Read the container's command, arguments and mounts strictly and refuse in the
   * real image's words, or a manifest that fails in production passes here.
   */
  start(container: ContainerStart): ProcessSpec | Refusal | Promise<ProcessSpec | Refusal>;
  /**
   * The directory of this machine that holds what the image holds, for volumes of kind `image`: nobody may write there. Without it the image cannot
   * be mounted.
   */
  files?(image: string): string | Refusal;
  /** What `exec` probes run in this container. Without it the command does not exist in the image. */
  exec?(container: ContainerStart, command: readonly string[]): ProcessSpec | Refusal | Promise<ProcessSpec | Refusal>;
}

/** A container about to start, with everything resolved that the kubelet resolves. */
export interface ContainerStart {
  readonly pod: {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly ip: string;
    readonly nodeName: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  /** Name of the container. */
  readonly name: string;
  readonly image: string;
  /** `$(VAR)` is expanded. Empty when the manifest leaves it to the image. */
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly workingDir: string | undefined;
  /** Values of the manifest with fieldRef, configMapKeyRef, secretKeyRef and envFrom looked up. Nothing of this machine. */
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  readonly ports: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly resources: {
    readonly requests: Readonly<Record<string, string | number>>;
    readonly limits: Readonly<Record<string, string | number>>;
  };
  /** How many times the container has been started before. */
  readonly restartCount: number;
  /** The port of 127.0.0.1 that stands for this port of the pod. The same for the whole life of the pod. */
  hostPort(containerPort: number): number;
}

/** One volume mount: what the container calls `mountPath` lies at `hostPath` on this machine. */
export interface Mount {
  readonly volume: string;
  readonly mountPath: string;
  readonly hostPath: string;
  readonly readOnly: boolean;
  /** The field of the volume that says its kind: `emptyDir`, `configMap`, `secret`, … */
  readonly source: string;
  /** `Memory` for an emptyDir of that medium. */
  readonly medium?: string;
}

/** A local process to spawn. */
export interface ProcessSpec {
  /** Executable, absolute or looked up in PATH. */
  readonly command: string;
  readonly args?: readonly string[];
  /** The whole environment apart from PATH, HOME and the like, which are inherited. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/**
 * Why a container does not come up, as the real kubelet would put it:
 * - `image`: the image cannot be pulled: ErrImagePull, then ImagePullBackOff;
 * - `create`: the container cannot be made: CreateContainerError;
 * - `start`: its command cannot run: it counts as an exit with code 128 (RunContainerError, then CrashLoopBackOff);
 * - `exit`: it starts, prints `message` and exits with `code`, as a program that rejects its own flags.
 */
export type Refusal =
  | { readonly refuse: 'image' | 'create' | 'start'; readonly message: string }
  | { readonly refuse: 'exit'; readonly message: string; readonly code: number };

/** What containerd says about an image that no registry has (containerd 1.7 through the kubelet). */
export function imageNotFound(image: string): Refusal {
  const reference = fullReference(image);
  return {
    refuse: 'image',
    message: `rpc error: code = NotFound desc = failed to pull and unpack image "${reference}": failed to resolve reference "${reference}": ${reference}: not found`,
  };
}

/** `nginx` is `docker.io/library/nginx:latest`. */
export function fullReference(image: string): string {
  const first = image.split('/')[0] ?? '';
  const hasHost = image.includes('/') && (first.includes('.') || first.includes(':') || first === 'localhost');
  const named = hasHost ? image : `docker.io/${image.includes('/') ? '' : 'library/'}${image}`;
  const last = named.slice(named.lastIndexOf('/'));
  return last.includes(':') || last.includes('@') ? named : `${named}:latest`;
}
