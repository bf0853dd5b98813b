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

/** With the simulated nodes and the real Karpenter that `--with kwok,karpenter` adds. */
export interface KarpenterPrograms extends Programs {
  readonly kwok: string;
  /** Karpenter's core with its KWOK provider: a cloud whose machines are Node objects. */
  readonly karpenter: string;
}

let found: Programs | undefined;
let foundWithKarpenter: KarpenterPrograms | undefined;

/**
 * Asks `tools/controlplane/build.mjs`, which builds what is missing (minutes, once) and honours `KUBEBUILDER_ASSETS`. Throws
 * when it fails; its own words are on stderr by then.
 */
export function programs(): Programs {
  found ??= built([]) as Programs;
  return found;
}

/** As {@link programs}, with KWOK and Karpenter. */
export function karpenterPrograms(): KarpenterPrograms {
  foundWithKarpenter ??= built(['--with', 'kwok,karpenter']) as KarpenterPrograms;
  return foundWithKarpenter;
}

function built(args: readonly string[]): unknown {
  const build = fileURLToPath(new URL('../../tools/controlplane/build.mjs', import.meta.url));
  const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
  return JSON.parse(execFileSync(process.execPath, [build, ...args, '--json'], { encoding: 'utf8', stdio }));
}
