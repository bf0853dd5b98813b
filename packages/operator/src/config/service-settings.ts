import { Field } from '@kaito-sdk/core';

const PORT = { type: 'integer', min: 0, max: 65_535 } as const;

/** `http`: where probes and Prometheus ask. */
export class HttpSettings {
  @Field({ type: 'boolean', default: true, description: 'Serve /healthz, /readyz and /metrics.' })
  readonly enabled!: boolean;

  @Field({ ...PORT, default: 8080, description: '0 takes a free one, and the log says which.' })
  readonly port!: number;

  @Field({
    type: 'string',
    optional: true,
    description: 'Address to listen on. All, for probes come from the kubelet.',
  })
  readonly host?: string;
}

/** `log`. */
export class LogSettings {
  @Field({
    type: 'string',
    enum: ['debug', 'info', 'warn', 'error'],
    default: 'info',
    description: 'The least that is written.',
  })
  readonly level!: 'debug' | 'info' | 'warn' | 'error';

  @Field({
    type: 'string',
    enum: ['json', 'text'],
    optional: true,
    description: 'One JSON object a line, or lines for people. Text on a terminal, else json.',
  })
  readonly format?: 'json' | 'text';
}

/** `tracing`: spans for reconciles and the requests below them, by OpenTelemetry. */
export class TracingSettings {
  @Field({
    type: 'string',
    pattern: '^https?://',
    optional: true,
    description: 'Where spans go, OTLP over HTTP: http://collector:4318/v1/traces. Left out: nowhere, at no cost.',
  })
  readonly endpoint?: string;

  @Field({ type: 'number', min: 0, max: 1, default: 1, description: 'Part of the reconciles that is traced.' })
  readonly ratio!: number;
}

/** `webhooks`: refusing bad Workspaces, and filling in defaults, before they are stored. */
export class WebhookSettings {
  @Field({
    type: 'boolean',
    default: false,
    description: 'Serve them. They need a Service and a webhook configuration, which the Helm chart makes.',
  })
  readonly enabled!: boolean;

  @Field({ ...PORT, default: 9443, description: 'Where the API server asks. 0 takes a free port.' })
  readonly port!: number;

  @Field({ type: 'string', optional: true, description: 'Address to listen on. All.' })
  readonly host?: string;

  @Field({
    type: 'string',
    enum: ['self-signed', 'files'],
    default: 'self-signed',
    description:
      'self-signed: made, kept in a Secret, rotated, and published in the webhook configurations by the operator. ' +
      'files: read from a folder that somebody else keeps up to date, as cert-manager does.',
  })
  readonly certificates!: 'self-signed' | 'files';

  @Field({
    type: 'string',
    default: '/var/run/kaito/webhook',
    description: 'With files: the folder with tls.crt and tls.key. Read again when they change.',
  })
  readonly directory!: string;

  @Field({
    type: 'string',
    default: 'kaito-webhook-certificate',
    description: 'With self-signed: the Secret, in the namespace of the operator. It must exist; it may be empty.',
  })
  readonly secret!: string;

  @Field({
    type: 'string',
    default: 'kaito-webhook',
    description: 'The Service that leads here: the certificate carries its names.',
  })
  readonly service!: string;

  @Field({
    type: 'string',
    default: 'kaito-webhook',
    description:
      'Name of the ValidatingWebhookConfiguration and the MutatingWebhookConfiguration that get the authority.',
  })
  readonly configuration!: string;
}
