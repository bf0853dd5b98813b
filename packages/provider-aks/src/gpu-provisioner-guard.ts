import { DEPLOYMENTS, type KubeClient, ProvisioningError } from '@kaito-sdk/core';
import { FOREIGN_OWNERSHIP_KEY } from './pool-ownership.js';

/** As the chart of gpu-provisioner names what it installs. */
const SIGNS = [
  { labelSelector: 'app.kubernetes.io/name=gpu-provisioner' },
  { fieldSelector: 'metadata.name=gpu-provisioner' },
] as const;

/**
 * Refuses to make pools beside a gpu-provisioner, which collects pools that it takes for its own. Asked once a process: who installs
 * one later has two owners of one cluster in any case.
 */
export class GpuProvisionerGuard {
  private found: Promise<string | undefined> | undefined;

  constructor(
    private readonly client: KubeClient,
    private readonly policy: 'refuse' | 'allow',
  ) {}

  /** @throws ProvisioningError when the pool would not be safe, with what to do about it */
  async check(labels: Readonly<Record<string, string>>): Promise<void> {
    if (FOREIGN_OWNERSHIP_KEY in labels) {
      const message = `the label ${FOREIGN_OWNERSHIP_KEY} in resource.labelSelector would hand the agent pool to Karpenter or gpu-provisioner, which delete what they do not know; remove it`;
      throw new ProvisioningError('unsupported', 'LabelNotAllowed', message);
    }
    if (this.policy === 'allow') return;
    this.found ??= this.look();
    const where = await this.found.catch((error: unknown) => {
      this.found = undefined;
      throw error;
    });
    if (where === undefined) return;
    const message = `gpu-provisioner runs in this cluster (Deployment ${where}) and collects agent pools; remove it, use the provisioner "karpenter", or set besideGpuProvisioner: allow`;
    throw new ProvisioningError('unsupported', 'GpuProvisionerPresent', message);
  }

  private async look(): Promise<string | undefined> {
    for (const sign of SIGNS) {
      const [found] = (await this.client.list(DEPLOYMENTS, sign)).items;
      if (found) return `${found.metadata.namespace}/${found.metadata.name}`;
    }
    return undefined;
  }
}
