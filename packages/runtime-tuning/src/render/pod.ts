import type { Plan } from '@kaito-sdk/core';
import type { Volume } from './volumes.js';

/** One container, with the volumes that it and nobody else may see. */
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly env?: readonly Readonly<Record<string, unknown>>[];
  readonly resources?: Readonly<Record<string, unknown>>;
  readonly volumes: readonly Volume[];
}

/** What pods of a tuning have in common: no account of the cluster, no privileges, and every reason of a failure in the status. */
export function podSpec(
  { engine }: Plan,
  steps: { readonly init?: readonly Container[]; readonly main: readonly Container[] },
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const { init = [], main } = steps;
  const secrets = engine.pullSecrets ?? [];
  const volumes = new Map([...init, ...main].flatMap((one) => one.volumes).map((volume) => [volume.name, volume]));
  return {
    restartPolicy: 'Never',
    // Data and model are other people's: what runs on them never speaks to the API server.
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    // The numbers of the images' own user. With the group, a volume that is made for the pod can be written.
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 1000,
      fsGroup: 1000,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...(secrets.length > 0 ? { imagePullSecrets: secrets.map((name) => ({ name })) } : {}),
    ...more,
    ...(init.length > 0 ? { initContainers: init.map(container) } : {}),
    containers: main.map(container),
    volumes: [...volumes.values()].map(({ name, source }) => ({ name, ...source })),
  };
}

function container({
  name,
  image,
  command,
  env = [],
  resources,
  volumes,
}: Container): Readonly<Record<string, unknown>> {
  return {
    name,
    image,
    command,
    ...(env.length > 0 ? { env } : {}),
    ...(resources === undefined ? {} : { resources }),
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: volumes.map((volume) => ({
      name: volume.name,
      mountPath: volume.mountPath,
      ...(volume.readOnly ? { readOnly: true } : {}),
    })),
  };
}
