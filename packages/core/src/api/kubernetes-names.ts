import type { FieldError } from '../resource/index.js';

/** The rules of names and labels of the Kubernetes API reference, each as: undefined when the value keeps it, else the error. */

const LABEL_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN_1123 = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const QUALIFIED = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/** The name of a Workspace, which is that of its Service as well: a DNS label (RFC 1035). */
export function checkServiceName(field: string, name: string): FieldError[] {
  if (name.length <= 63 && LABEL_1035.test(name)) return [];
  const message =
    'must be 1 to 63 lower-case letters, digits and dashes, begin with a letter and not end with a dash, because the Service gets this name too';
  return [{ field, reason: 'Invalid', value: name, message }];
}

/** The name of an object such as a Secret or a ConfigMap: a DNS subdomain (RFC 1123). */
export function checkObjectName(field: string, name: unknown): FieldError[] {
  if (typeof name !== 'string' || (name.length <= 253 && SUBDOMAIN_1123.test(name))) return [];
  const message = `must be lower-case letters, digits, dashes and dots, begin and end with a letter or digit${placeholder(name.slice(0, 253))}`;
  return [{ field, reason: 'Invalid', value: name, message }];
}

/** Whether a label can stand on a node. */
export function checkLabel(field: string, key: string, value: string): FieldError[] {
  const [name, prefix] = key.split('/').reverse();
  const valid =
    key.split('/').length <= 2 &&
    name !== undefined &&
    name.length <= 63 &&
    QUALIFIED.test(name) &&
    (prefix === undefined || (prefix.length <= 253 && SUBDOMAIN_1123.test(prefix)));
  const errors: FieldError[] = [];
  if (!valid) {
    const message =
      'must be a label key: at most 63 letters, digits, dashes, dots and underscores, after an optional domain and slash';
    errors.push({ field, reason: 'Invalid', value: key, message });
  }
  if (value !== '' && (value.length > 63 || !QUALIFIED.test(value))) {
    const message =
      'must be a label value: at most 63 letters, digits, dashes, dots and underscores, with a letter or digit at both ends';
    errors.push({ field, reason: 'Invalid', value, message });
  }
  return errors;
}

/** A hint for values such as `REGISTRY_SECRET_HERE`, which examples leave for the reader to fill in. */
export function placeholder(value: string): string {
  // One letter on each side is enough, and what could match in many ways would be tried in all of them.
  return /[A-Z]_[A-Z]/.test(value) ? '; this looks like a placeholder that is still to be filled in' : '';
}
