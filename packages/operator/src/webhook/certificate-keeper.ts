import {
  type Clock,
  isConflict,
  type KubeClient,
  type KubeObject,
  type Log,
  registerKind,
  SECRETS,
} from '@kaito-sdk/core';
import { type CertificateSet, renewed } from './certificate-authority.js';
import { webhookErrors } from './webhook-errors.js';
import type { ServingCertificate } from './webhook-server.js';

const admissionKind = (kind: string, plural: string) =>
  registerKind({ group: 'admissionregistration.k8s.io', version: 'v1', kind, plural, namespaced: false });

export const VALIDATING_WEBHOOKS = admissionKind('ValidatingWebhookConfiguration', 'validatingwebhookconfigurations');
export const MUTATING_WEBHOOKS = admissionKind('MutatingWebhookConfiguration', 'mutatingwebhookconfigurations');

export interface CertificateKeeperProps {
  /** Not one that only a leader may write with: every replica serves webhooks. */
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly namespace: string;
  readonly secret: string;
  readonly service: string;
  /** Of the two webhook configurations. */
  readonly configuration: string;
  readonly use: (certificate: ServingCertificate) => void;
}

/** How often dates and the published authority are looked at: Nothing is due more often than in weeks; what others undo heals in this time. */
const LOOK_AGAIN_MS = 60 * 60 * 1000;
const AFTER_FAILURE_MS = 10_000;

const KEYS = {
  authorities: 'ca.crt',
  authorityKey: 'ca.key',
  certificate: 'tls.crt',
  key: 'tls.key',
} as const satisfies Record<keyof CertificateSet, string>;

/**
 * Makes, stores, publishes and rotates the certificate of the webhooks. The order is what keeps the API server's trust: first the
 * Secret, then the authorities in the webhook configurations, and only then the certificate is served. Replicas share the Secret; of
 * two that write at once one gets a conflict and takes what the other wrote.
 */
export class CertificateKeeper {
  constructor(private readonly props: CertificateKeeperProps) {}

  /** Looks now and at intervals until the signal is aborted. A failure is logged and tried again. */
  run(signal: AbortSignal): void {
    const { clock, log } = this.props;
    let cancel: (() => void) | undefined;
    const look = async (): Promise<void> => {
      let next = LOOK_AGAIN_MS;
      try {
        await this.pass();
      } catch (error) {
        next = AFTER_FAILURE_MS;
        log.warn('the certificate of the webhooks could not be kept', { error });
      }
      if (!signal.aborted) cancel = clock.after(next, () => void look());
    };
    signal.addEventListener('abort', () => cancel?.(), { once: true });
    void look();
  }

  /** One look: what is due is done, what is served and published is put right. Makes no write when all is well. */
  async pass(): Promise<void> {
    const set = await this.stored();
    await this.publish(set.authorities);
    this.props.use({ certificate: set.certificate, key: set.key });
  }

  private async stored(): Promise<CertificateSet> {
    const { client, clock, log, namespace, secret, service } = this.props;
    const names = [`${service}.${namespace}.svc`, `${service}.${namespace}.svc.cluster.local`];
    for (;;) {
      const live = await client.get(SECRETS, namespace, secret);
      if (live === undefined) throw webhookErrors.CERTIFICATE_SECRET_MISSING(namespace, secret);
      const held = read(live);
      const wanted = await renewed(held, names, clock.now());
      if (wanted === held) return held;
      try {
        await client.merge(SECRETS, namespace, secret, {
          metadata: { resourceVersion: live.metadata.resourceVersion },
          data: written(wanted),
        });
        log.info('the certificate of the webhooks was renewed', { secret: `${namespace}/${secret}` });
        return wanted;
      } catch (error) {
        // Another replica was quicker: what it wrote is as good.
        if (!isConflict(error)) throw error;
      }
    }
  }

  private async publish(authorities: string): Promise<void> {
    const { client, configuration } = this.props;
    const caBundle = Buffer.from(authorities).toString('base64');
    for (const kind of [VALIDATING_WEBHOOKS, MUTATING_WEBHOOKS]) {
      const live = (await client.get(kind, undefined, configuration)) as Configuration | undefined;
      const stale = live?.webhooks?.some(({ clientConfig }) => clientConfig.caBundle !== caBundle);
      if (live === undefined || stale !== true) continue;
      // A merge patch replaces the list, so it carries the whole list, and only if nobody changed it since.
      await client.merge(kind, undefined, configuration, {
        metadata: { resourceVersion: live.metadata.resourceVersion },
        webhooks: live.webhooks?.map((one) => ({ ...one, clientConfig: { ...one.clientConfig, caBundle } })),
      });
    }
  }
}

interface Configuration extends KubeObject {
  readonly webhooks?: readonly { readonly clientConfig: { readonly caBundle?: string } }[];
}

function read(secret: KubeObject): CertificateSet | undefined {
  const data = (secret.data ?? {}) as Readonly<Record<string, string>>;
  const entries = Object.entries(KEYS).map(([part, key]) => [part, data[key]] as const);
  if (entries.some(([, value]) => value === undefined || value === '')) return undefined;
  return Object.fromEntries(
    entries.map(([part, value]) => [part, Buffer.from(value ?? '', 'base64').toString('utf8')]),
  ) as unknown as CertificateSet;
}

function written(set: CertificateSet): Record<string, string> {
  return Object.fromEntries(
    Object.entries(KEYS).map(([part, key]) => [key, Buffer.from(set[part as keyof CertificateSet]).toString('base64')]),
  );
}
