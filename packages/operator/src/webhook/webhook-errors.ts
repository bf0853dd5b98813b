import { catalogue } from '@kaito-sdk/core';

/** What keeps the webhooks from being served. */
export const webhookErrors = catalogue({
  CERTIFICATE_SECRET_MISSING: (namespace: string, name: string) =>
    `there is no Secret ${namespace}/${name} to keep the certificate of the webhooks in: the Helm chart makes it (empty), or kubectl create secret generic ${name} -n ${namespace}`,
  CERTIFICATE_FILES_MISSING: (directory: string, why: string) =>
    `cannot read the certificate of the webhooks in ${directory}: ${why}; it must hold tls.crt and tls.key, as a mounted Secret of cert-manager does`,
});
