import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ControlPlane } from './control-plane.js';
import { eventually } from './eventually.js';
import { writeKubeconfig } from './identity.js';
import { type Member, ProcessGroup } from './process-group.js';

const MAIN = fileURLToPath(new URL('../../packages/operator/dist/main.js', import.meta.url));

export interface OperatorProcessOptions {
  readonly namespace: string;
  readonly serviceAccount: string;
  /** With the key `kaito.yaml`, as the chart makes it. */
  readonly configMap: string;
  /** That the configuration says. */
  readonly httpPort: number;
}

/** `kaito operator` as a pod would run it: the configuration of its ConfigMap, the rights of its service account, and no others. */
export class OperatorProcess {
  private constructor(
    private readonly group: ProcessGroup,
    private member: Member,
    private readonly health: string,
  ) {}

  /** Resolves when it is ready. */
  static async start(plane: ControlPlane, options: OperatorProcessOptions): Promise<OperatorProcess> {
    const { namespace, serviceAccount, configMap, httpPort } = options;
    const said = async (...args: string[]): Promise<string> => {
      const { code, out, err } = await plane.kubectl(['-n', namespace, ...args]);
      if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${err}`);
      return out;
    };
    const group = new ProcessGroup('kaito-e2e-operator-');
    try {
      const token = (await said('create', 'token', serviceAccount, '--duration=2h')).trim();
      const kubeconfig = join(group.folder, 'kubeconfig.json');
      writeKubeconfig(kubeconfig, plane.url, plane.caPem, token);
      const config = join(group.folder, 'kaito.yaml');
      writeFileSync(config, await said('get', 'configmap', configMap, '-o', 'jsonpath={.data.kaito\\.yaml}'));
      const args = [MAIN, 'operator', '--config', config, '--kubeconfig', kubeconfig, '--log-format', 'json'];
      const process_ = new OperatorProcess(
        group,
        group.start('operator', process.execPath, args),
        `http://127.0.0.1:${httpPort}/readyz`,
      );
      await process_.ready();
      return process_;
    } catch (error) {
      await group.stop();
      throw error;
    }
  }

  /** What it wrote on standard error. */
  log(): string {
    return readFileSync(this.member.log, 'utf8');
  }

  /** Ends it at once, as a node failure would. */
  async kill(): Promise<void> {
    this.member.kill();
    await this.member.gone;
  }

  /** Starts it again as it was. Resolves when it is ready. */
  async restart(): Promise<void> {
    this.member = await this.group.restart(this.member);
    await this.ready();
  }

  async stop(): Promise<void> {
    await this.group.stop();
  }

  private async ready(): Promise<void> {
    await eventually(async () => {
      this.group.check();
      const { status, text } = await ask(this.health);
      if (status !== 200) throw new Error(`the operator is not ready:\n${text}\n${this.log()}`);
    });
  }
}

async function ask(url: string): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(url);
  return { status: answer.status, text: await answer.text() };
}
