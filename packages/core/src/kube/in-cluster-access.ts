import { readFile } from 'node:fs/promises';
import type { ServerAccess } from './server-access.js';

const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The variables that the kubelet sets in every pod. */
export interface PodEnvironment {
  readonly KUBERNETES_SERVICE_HOST?: string;
  readonly KUBERNETES_SERVICE_PORT?: string;
}

/**
 * The identity of the pod we run in; `undefined` outside of one. The files are read each time they are asked for, since the
 * kubelet replaces them before they expire.
 *
 * Apart from the kubeconfig path because this is where an operator spends its life, and loading client-node to read two
 * files would cost 88 MB.
 */
export function inClusterAccess(environment: PodEnvironment, directory = serviceAccount): ServerAccess | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = environment;
  if (host === undefined || host === '') return undefined;
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    async credentials() {
      const [token, ca] = await Promise.all([readFile(`${directory}/token`, 'utf8'), readFile(`${directory}/ca.crt`)]);
      return { headers: { authorization: `Bearer ${token.trim()}` }, tls: { ca } };
    },
  };
}
