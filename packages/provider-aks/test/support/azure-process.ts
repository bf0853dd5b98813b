import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { AksConfig, ArmFailure, aksSettings, azureCluster, classified } from '@kaito-sdk/provider-aks';

/** What the process did: the sizes it read and the pools it saw, or how it failed. */
export interface Told {
  readonly sizes?: readonly string[];
  readonly pools?: readonly string[];
  readonly failure?: string;
  readonly message?: string;
}

/**
 * Reads the sizes, makes a pool and lists the pools in a process of its own: the Azure SDK reads the variables of proxies once, when it is
 * loaded. The process has no other environment than this.
 */
export async function inProcess(
  config: Partial<AksConfig>,
  environment: Readonly<Record<string, string>>,
): Promise<Told> {
  const run = promisify(execFile);
  const file = fileURLToPath(import.meta.url);
  const { stdout } = await run(process.execPath, [file, JSON.stringify(config)], { env: environment });
  return JSON.parse(stdout) as Told;
}

async function work(config: Partial<AksConfig>): Promise<Told> {
  const { pools, sizes } = azureCluster(aksSettings(Object.assign(new AksConfig(), config), process.env));
  try {
    const known = [...(await sizes.list()).values()].map(({ name }) => name);
    await pools.create('ws1', { count: 1, vmSize: known[0] ?? '', vnetSubnetID: config.vnetSubnetId ?? '' });
    return { sizes: known, pools: (await pools.list()).map(({ name = '' }) => name) };
  } catch (error) {
    if (!(error instanceof ArmFailure)) throw error;
    const { failure, reason } = classified(error);
    return { failure: `${failure} ${reason}`, message: error.message };
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.stdout.write(JSON.stringify(await work(JSON.parse(process.argv[2] ?? '{}') as Partial<AksConfig>)));
