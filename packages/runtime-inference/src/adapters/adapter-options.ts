/** How adapters come into the pods. The same for every runtime. */
export interface AdapterOptions {
  /** Image of our loader program. @default `LOADER_IMAGE`, below `registry` if that is set */
  readonly loaderImage?: string;
  /**
   * The cluster serves volumes of kind `image`: the feature gate ImageVolume is on in API server and kubelets, and the container
   * engine has it (containerd 2.1). A server without it drops the field in silence, so nothing is guessed. @default false
   */
  readonly imageVolumes?: boolean;
  /**
   * Service account of the pods, with an identity of the cloud that may read the registries. Without one the loader asks the node's
   * own identity where the cloud lends it to pods.
   */
  readonly serviceAccount?: string;
  /**
   * Adapters are exchanged under a running engine that can do so (vLLM on one node), by a container of ours beside it. Off: every change of
   * them makes new pods. @default true
   */
  readonly live?: boolean;
  /** Labels by which a cloud's webhook finds the pods that want its identity, such as `azure.workload.identity/use: "true"`. */
  readonly podLabels?: Readonly<Record<string, string>>;
}

/**
 * The loader's own version, apart from the operator's: it changes with the program, so that an operator upgrade that brings the same
 * loader restarts no model.
 */
export const LOADER_VERSION = 'v2';

export const LOADER_REPOSITORY = 'kaito-sdk/adapter-loader';

export function loaderImage(registry: string | undefined): string {
  return `${(registry ?? 'ghcr.io').replace(/\/+$/, '')}/${LOADER_REPOSITORY}:${LOADER_VERSION}`;
}
