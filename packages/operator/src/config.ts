import { readFile } from 'node:fs/promises';
import { catalogue, formatFieldErrors, schemaOf, validate, withDefaults } from '@kaito-sdk/core';
import { parse } from 'yaml';
import { OperatorConfig } from './config/operator-config.js';
import { unknownSettings } from './config/unknown-settings.js';

export { OperatorConfig } from './config/operator-config.js';

export const configErrorCodes = catalogue({
  CONFIG_UNREADABLE: (file: string, why: string) => `cannot read the configuration ${file}: ${why}`,
  CONFIG_INVALID: (file: string, why: string) => `the configuration ${file} is not valid: ${why}`,
});

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

/** Checks a configuration that is already parsed and fills in the defaults; `source` names it in errors, which tell every field. */
export function operatorConfig(raw: unknown, source: string): OperatorConfig {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw configErrorCodes.CONFIG_INVALID(source, 'it must be a map of settings');
  }
  const unknown = unknownSettings(schemaOf(OperatorConfig), raw);
  const invalid = validate(OperatorConfig, raw);
  const causes = [...unknown, ...(invalid.length > 0 ? [formatFieldErrors(invalid)] : [])];
  if (causes.length > 0) throw configErrorCodes.CONFIG_INVALID(source, causes.join('; '));
  return withDefaults(OperatorConfig, raw) as OperatorConfig;
}
