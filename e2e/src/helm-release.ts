import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CommandResult, ControlPlane } from './control-plane.js';
import { ProcessGroup } from './process-group.js';
import { runCommand } from './strangers/run-command.js';
import { helm } from './strangers/stranger-programs.js';

/** The operator's chart, as it lies in the repository. */
export const CHART = fileURLToPath(new URL('../../charts/kaito', import.meta.url));

/** Helm's own command against a {@link ControlPlane}, with homes of its own; without one, what needs no cluster (`template`, `lint`). */
export class HelmRelease {
  private readonly program = helm();
  private readonly group = new ProcessGroup('kaito-e2e-helm-');

  constructor(
    private readonly plane: Pick<ControlPlane, 'kubeconfig'> | undefined,
    readonly namespace: string,
  ) {}

  /** Runs `helm ARGS` in the namespace, with `values` as a file if given. An exit code is an answer, not an error. */
  run(args: readonly string[], values?: object): Promise<CommandResult> {
    const home = (part: string): string => join(this.group.folder, part);
    mkdirSync(home('data'), { recursive: true });
    const file = home('values.json');
    if (values !== undefined) writeFileSync(file, JSON.stringify(values));
    const env = {
      HELM_CACHE_HOME: home('cache'),
      HELM_CONFIG_HOME: home('config'),
      HELM_DATA_HOME: home('data'),
      KUBECONFIG: this.plane?.kubeconfig ?? home('no-kubeconfig'),
    };
    const all = [...args, '--namespace', this.namespace, ...(values === undefined ? [] : ['--values', file])];
    return runCommand(this.program, all, { env, started: (child) => this.group.adopt(child) });
  }

  /** As {@link HelmRelease.run}, where only success will do; answers what it printed. */
  async said(args: readonly string[], values?: object): Promise<string> {
    const { code, out, err } = await this.run(args, values);
    if (code !== 0) throw new Error(`helm ${args.join(' ')} ended with ${code}: ${err}`);
    return out;
  }

  async stop(): Promise<void> {
    await this.group.stop();
  }
}
