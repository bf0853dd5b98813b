/**
 * Where pods really run. Whoever runs them (a kubelet) implements it; the server needs it for the proxy paths and for logs. Without one these
 * answer that nothing can be reached.
 */
export interface Backends {
  /** Address under which a container port of the pod can be reached from this process; undefined while there is none. */
  endpoint(namespace: string, pod: string, port: number): { readonly host: string; readonly port: number } | undefined;
  /** What the container wrote, from the start or the last `tailLines`; with `follow` it goes on until the container ends. Undefined while it has not started. */
  log(
    namespace: string,
    pod: string,
    container: string | undefined,
    options: { readonly follow: boolean; readonly tailLines?: number },
  ): AsyncIterable<string> | undefined;
}
