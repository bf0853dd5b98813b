import { apiVersionOf, type Catalogs, type ProvisionerPlugin, systemClock } from '@kaito-sdk/core';
import type { OperatorConfig } from '../config/operator-config.js';
import type { WorkspaceDefaults } from '../config/workspace-defaults.js';
import type { Installed } from '../plugins.js';
import type { HelmRelease } from './helm-release.js';
import type { Ground } from './obstacles.js';

/** What the operator that takes over will be. */
export interface Successor extends Ground {
  catalogs(): Catalogs;
  readonly defaults: WorkspaceDefaults;
  /** The Helm release that it will be installed as. */
  readonly release: HelmRelease;
}

/** An operator of this configuration. */
export function successorOf(
  { defaults }: OperatorConfig,
  { catalogs, provisioner }: Installed,
  release: HelmRelease,
): Successor {
  const kinds = watched(provisioner);
  return {
    catalogs,
    defaults,
    provisioner: provisioner.name,
    sees: ({ apiVersion, kind }) => kinds.has(`${apiVersion} ${kind}`),
    release,
  };
}

/** The kinds of claims that a provisioner looks at, as it says itself. It is asked for no node and sends no request. */
function watched(plugin: ProvisionerPlugin): ReadonlySet<string> {
  const cluster = { client: {}, cache: { informer: () => ({ addIndex: () => undefined }) }, clock: systemClock };
  const provisioner = plugin.connect(cluster as unknown as Parameters<ProvisionerPlugin['connect']>[0]);
  return new Set(provisioner.watches().map(({ resource }) => `${apiVersionOf(resource)} ${resource.kind}`));
}
