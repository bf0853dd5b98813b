import type { World } from './world.js';

const DAEMON_SETS = { group: 'apps', version: 'v1', plural: 'daemonsets' };

/** Installs a device plugin, as far as an operator can see one: a DaemonSet that mounts the kubelet's folder for them. */
export async function installDevicePlugin(world: World): Promise<void> {
  await world.cluster.client.create(DAEMON_SETS, {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'device-plugin', namespace: 'kube-system' },
    spec: {
      selector: { matchLabels: { app: 'device-plugin' } },
      template: {
        metadata: { labels: { app: 'device-plugin' } },
        spec: {
          containers: [{ name: 'plugin', image: 'registry.example/device-plugin:1' }],
          volumes: [{ name: 'plugins', hostPath: { path: '/var/lib/kubelet/device-plugins' } }],
        },
      },
    },
  } as never);
}
