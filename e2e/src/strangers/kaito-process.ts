import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlPlane } from '../control-plane.js';
import { eventually } from '../eventually.js';
import { freePorts } from '../free-ports.js';
import { writeKubeconfig } from '../identity.js';
import { type Member, ProcessGroup } from '../process-group.js';
import { kaitoProgram } from './stranger-programs.js';

/**
 * KAITO's own operator, as the Deployment of its chart starts it and with the rights of its service account. Its webhooks are off: the API
 * server would look for them behind a Service, and there are no pods here that could answer.
 */
export class KaitoProcess {
  private constructor(
    private readonly group: ProcessGroup,
    private readonly member: Member,
  ) {}

  /** Resolves when it says that it is ready. */
  static async start(plane: ControlPlane, namespace: string, serviceAccount: string): Promise<KaitoProcess> {
    const group = new ProcessGroup('kaito-e2e-kaito-');
    try {
      const { code, out, err } = await plane.kubectl(['-n', namespace, 'create', 'token', serviceAccount]);
      if (code !== 0) throw new Error(`no token for ${serviceAccount}: ${err}`);
      const kubeconfig = join(group.folder, 'kubeconfig.json');
      writeKubeconfig(kubeconfig, plane.url, plane.caPem, out.trim());
      const [port = 0] = await freePorts(1);
      const args = [
        '--webhook=false',
        '--node-provisioner=azure-gpu-provisioner',
        '--metrics-bind-address=0',
        `--health-probe-bind-address=127.0.0.1:${port}`,
      ];
      const member = group.start('kaito', kaitoProgram(), args, {
        KUBECONFIG: kubeconfig,
        SYSTEM_NAMESPACE: namespace,
        CLOUD_PROVIDER: 'azure',
        CLUSTER_NAME: 'kaito',
        PRESET_REGISTRY_NAME: 'mcr.microsoft.com/aks/kaito',
      });
      await eventually(async () => {
        group.check();
        const { ok } = await fetch(`http://127.0.0.1:${port}/readyz`);
        if (!ok) throw new Error(`KAITO is not ready:\n${readFileSync(member.log, 'utf8')}`);
      });
      return new KaitoProcess(group, member);
    } catch (error) {
      await group.stop();
      throw error;
    }
  }

  /** What it wrote. */
  log(): string {
    return readFileSync(this.member.log, 'utf8');
  }

  /** Ends it at once. */
  async stop(): Promise<void> {
    await this.group.stop();
  }
}
