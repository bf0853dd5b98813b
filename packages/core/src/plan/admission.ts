import type { AdmissionPolicy } from '../api/admission-policy.js';
import type { Catalogs } from './catalogs.js';

/** What admission lets through, by what the installed runtimes may do. */
export function admissionPolicyOf({ runtimes }: Pick<Catalogs, 'runtimes'>): AdmissionPolicy {
  return runtimes.some(({ privateDataUrls }) => privateDataUrls === true) ? { privateDataUrls: 'allow' } : {};
}
