import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';

/** A policy for the options of the Azure SDK's clients and credentials, `additionalPolicies`. */
export interface AddedPolicy {
  readonly policy: PipelinePolicy;
  readonly position: 'perCall';
}

/**
 * Trusts Node's own authorities and those of a file, also behind a proxy: the SDK's own `tlsOptions` are ignored as soon as `HTTPS_PROXY` is
 * set (@typespec/ts-http-runtime, `proxyPolicy`: "certificates provided to the client will be ignored"), which is where such a file is
 * most often needed. What a request overrides reaches the TLS connection either way. Empty without a file.
 */
export async function trusting(caFile: string | undefined): Promise<AddedPolicy[]> {
  if (caFile === undefined) return [];
  // The option alone would replace Node's own.
  const ca = [...rootCertificates, await readFile(caFile, 'utf8')];
  const policy: PipelinePolicy = {
    name: 'kaito-sdk trusted authorities',
    sendRequest: (request, next) => {
      request.requestOverrides = { ...request.requestOverrides, ca };
      return next(request);
    },
  };
  return [{ policy, position: 'perCall' }];
}
