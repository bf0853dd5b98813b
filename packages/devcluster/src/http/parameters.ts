import type { FieldValidation, WriteContext } from '../registry/decode.js';
import type { ListQuery } from '../registry/reads.js';
import { ApiError, type StatusCause } from './api-error.js';
import type { Request } from './exchange.js';

/** A boolean parameter: present and neither `false` nor `0`. */
export function flag(request: Request, name: string): boolean {
  const value = request.url.searchParams.get(name);
  return value !== null && value !== 'false' && value !== '0';
}

/** A whole number from the query; anything else is a 400. */
export function count(request: Request, name: string): number | undefined {
  const value = request.url.searchParams.get(name);
  if (value === null || value === '') return undefined;
  if (!/^-?\d+$/.test(value)) {
    throw ApiError.badRequest(`invalid value ${JSON.stringify(value)} for the parameter ${name}: not a number`);
  }
  return Number(value);
}

function text(request: Request, name: string): { readonly [key: string]: string } {
  const value = request.url.searchParams.get(name);
  return value === null || value === '' ? {} : { [name]: value };
}

/** The parameters of a list. */
export function listQuery(request: Request, namespace: string | undefined, name: string | undefined): ListQuery {
  const limit = count(request, 'limit');
  const fields = request.url.searchParams.get('fieldSelector') ?? '';
  const byName = name === undefined ? '' : `metadata.name=${name}`;
  const fieldSelector = [fields, byName].filter((each) => each !== '').join(',');
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...text(request, 'labelSelector'),
    ...(fieldSelector === '' ? {} : { fieldSelector }),
    ...(limit === undefined ? {} : { limit }),
    ...text(request, 'continue'),
    ...text(request, 'resourceVersion'),
    ...text(request, 'resourceVersionMatch'),
  };
}

const validations: readonly string[] = ['Ignore', 'Warn', 'Strict'];

/** The parameters every write has in common. `options` is the kind named in refusals: CreateOptions, UpdateOptions, PatchOptions. */
export function writeContext(
  request: Request,
  options: string,
  apply = false,
): WriteContext & { readonly force: boolean } {
  const { searchParams } = request.url;
  const causes: StatusCause[] = [];
  const dryRun = searchParams.getAll('dryRun').filter((value) => value !== '');
  for (const value of dryRun) {
    if (value !== 'All') causes.push(unsupported('dryRun', value, ['All']));
  }
  const fieldValidation = searchParams.get('fieldValidation') ?? '';
  if (fieldValidation !== '' && !validations.includes(fieldValidation)) {
    causes.push(unsupported('fieldValidation', fieldValidation, ['', ...validations]));
  }
  const fieldManager = searchParams.get('fieldManager') ?? '';
  if (fieldManager.length > 128) {
    causes.push({
      reason: 'FieldValueTooLong',
      message: 'Too long: may not be more than 128 bytes',
      field: 'fieldManager',
    });
  }
  if (apply && fieldManager === '') {
    causes.push({
      reason: 'FieldValueRequired',
      message: 'Required value: is required for apply patch',
      field: 'fieldManager',
    });
  }
  if (!apply && searchParams.has('force')) {
    causes.push({
      reason: 'FieldValueForbidden',
      message: 'Forbidden: may not be specified for non-apply patch',
      field: 'force',
    });
  }
  if (causes.length > 0) throw ApiError.invalid({ group: 'meta.k8s.io', kind: options }, '', causes);
  return {
    manager: fieldManager === '' ? managerOf(request.headers['user-agent']) : fieldManager,
    dryRun: dryRun.length > 0,
    fieldValidation: fieldValidation === '' ? 'Warn' : (fieldValidation as FieldValidation),
    warn: (warning) => {
      if (!request.warnings.includes(warning)) request.warnings.push(warning);
    },
    force: flag(request, 'force'),
  };
}

function unsupported(field: string, value: string, supported: readonly string[]): StatusCause {
  const list = supported.map((each) => JSON.stringify(each)).join(', ');
  return {
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${list}`,
    field,
  };
}

/** The field manager of a client that names none: the part of its user agent before the version. */
function managerOf(userAgent: string | undefined): string {
  const name = (userAgent ?? '').split('/')[0]?.trim() ?? '';
  return name === '' ? 'unknown' : name.slice(0, 128);
}
