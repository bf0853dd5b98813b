import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Where the parts of a real control plane are. */
export interface Programs {
  readonly etcd: string;
  readonly 'kube-apiserver': string;
  readonly 'kube-controller-manager': string;
  readonly 'kube-scheduler': string;
  readonly kubectl: string;
  /** A folder with Karpenter's CustomResourceDefinitions, as it ships them. */
  readonly 'karpenter-crds': string;
}

let found: Programs | undefined;

/**
 * Asks `tools/controlplane/build.mjs`, which builds what is missing (minutes, once) and honours `KUBEBUILDER_ASSETS`. Throws
 * when it fails; its own words are on stderr by then.
 */
export function programs(): Programs {
  if (found !== undefined) return found;
  const build = fileURLToPath(new URL('../../tools/controlplane/build.mjs', import.meta.url));
  const answer = execFileSync(process.execPath, [build, '--json'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  found = JSON.parse(answer) as Programs;
  return found;
}
