import type { AdmissionPolicy } from '../api/admission-policy.js';
import type { Catalogs } from './catalogs.js';

/** What admission lets through, by what the installed runtimes and the provisioner do and what the installation allows. */
export function admissionPolicyOf({
  runtimes,
  provisioner,
  nodeAccess,
}: Pick<Catalogs, 'runtimes' | 'nodeAccess'> & { readonly provisioner?: Catalogs['provisioner'] }): AdmissionPolicy {
  return {
    ...(runtimes.some(({ privateDataUrls }) => privateDataUrls === true) ? { privateDataUrls: 'allow' } : {}),
    ...(nodeAccess === undefined ? {} : { nodeAccess }),
    ...(provisioner?.findsNodes ? { nodeLabels: 'find' } : {}),
  };
}
