import { type ValidationError, validateSync } from 'class-validator';

/** What is wrong with a configuration object, one sentence a field; unknown fields are wrong too. Empty when all is well. */
export function configErrors(config: object): string[] {
  const errors = validateSync(config, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false });
  return errors.flatMap((error) => sentences(error, ''));
}

function sentences(error: ValidationError, prefix: string): string[] {
  const path = prefix === '' ? error.property : `${prefix}.${error.property}`;
  const own = Object.values(error.constraints ?? {}).map((message) => `${path}: ${message}`);
  return [...own, ...(error.children ?? []).flatMap((child) => sentences(child, path))];
}
