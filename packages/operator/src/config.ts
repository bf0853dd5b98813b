import { readFile } from 'node:fs/promises';
import { catalogue, configErrors, defaultLeasePolicy, type LeasePolicy } from '@kaito-sdk/core';
import { IsArray, IsBoolean, IsIn, IsObject, IsOptional, IsString } from 'class-validator';
import { parse } from 'yaml';

export const configErrorCodes = catalogue({
  CONFIG_UNREADABLE: (file: string, why: string) => `cannot read the configuration ${file}: ${why}`,
  CONFIG_INVALID: (file: string, why: string) => `the configuration ${file} is not valid: ${why}`,
});

/** The operator's configuration file (YAML). Everything has a default; an unknown key is an error. */
export class OperatorConfig {
  /** Plugins by npm package name. @default the packages of the bundled operator */
  @IsArray()
  @IsString({ each: true })
  plugins: string[] = [
    '@kaito-sdk/provider-aks',
    '@kaito-sdk/provider-karpenter',
    '@kaito-sdk/presets-phi',
    '@kaito-sdk/runtime-inference',
    '@kaito-sdk/runtime-tuning',
  ];

  /** Settings of plugins, by plugin name. */
  @IsObject()
  config: Record<string, unknown> = {};

  /** Which provisioner gets nodes; the bundled plugins have several. */
  @IsOptional()
  @IsString()
  provisioner?: string = 'karpenter';

  /** Deadlines, memory and limits of nodes, where they are not to be the defaults: keys of `LeasePolicy`, times in milliseconds. */
  @IsOptional()
  @IsObject()
  leases?: Partial<LeasePolicy>;

  /** Region whose list prices are shown. @default the first region a price is known for */
  @IsOptional()
  @IsString()
  region?: string;

  /** Whose rule says how many nodes a model takes: `exact`, ours, or `kaito`, the estimator of KAITO v0.12.0. */
  @IsIn(['exact', 'kaito'])
  planner: 'exact' | 'kaito' = 'exact';

  /** Instance types that no catalog has, and what differs from a catalog: name, gpu, diskGiB, price, retiredOn. */
  @IsArray()
  instanceTypes: unknown[] = [];

  /** Models of a hub by their own config.json: name, repository, revision, config, weightBytes, licence, gated. */
  @IsArray()
  models: unknown[] = [];

  /** Take a Lease before acting. Needed when more than one replica runs. */
  @IsBoolean()
  leaderElection = true;

  /** Namespace of the Lease. */
  @IsString()
  namespace = 'kaito-system';
}

/** Reads a configuration file. */
export async function readConfig(file: string): Promise<OperatorConfig> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw configErrorCodes.CONFIG_UNREADABLE(file, error.message);
  });
  let raw: unknown;
  try {
    raw = parse(text) ?? {};
  } catch (error) {
    throw configErrorCodes.CONFIG_INVALID(file, error instanceof Error ? error.message : String(error));
  }
  return operatorConfig(raw, file);
}

/** Checks a configuration that is already parsed; `source` names it in errors. */
export function operatorConfig(raw: unknown, source: string): OperatorConfig {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw configErrorCodes.CONFIG_INVALID(source, 'it must be a map of settings');
  }
  const config = Object.assign(new OperatorConfig(), raw);
  const causes = [...configErrors(config), ...leaseErrors(config.leases)];
  if (causes.length > 0) throw configErrorCodes.CONFIG_INVALID(source, causes.join('; '));
  return config;
}

/** What is wrong with the leases: a key that does not exist, or a value that is no positive number. */
function leaseErrors(leases: unknown): readonly string[] {
  const known = [...Object.keys(defaultLeasePolicy), 'usdPerHour'];
  return Object.entries(leases ?? {}).flatMap(([key, value]) => {
    if (!known.includes(key)) return [`leases.${key} is not known; there are ${known.join(', ')}`];
    const positive = typeof value === 'number' && Number.isFinite(value) && value > 0;
    return positive ? [] : [`leases.${key} must be a number above zero`];
  });
}
