import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Clock, HealthCheck, Log, Metrics } from '@kaito-sdk/core';
import type { Admission, AdmissionRequest } from './admission-review.js';

/** What the server proves itself with, PEM. */
export interface ServingCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface WebhookServerOptions {
  /** By path: `/validate/workspace.kaito.sh`. */
  readonly admissions: Readonly<Record<string, Admission>>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** An object may have 1.5 MiB in etcd's default, 3 MiB in a request; a review holds it twice. */
const LARGEST_REVIEW = 8 * 2 ** 20;

/**
 * Answers the API server's admission reviews over HTTPS. It listens before it has a certificate, and is ready once it was given one;
 * each later one is taken for new connections without a break. An edge: opens a socket.
 */
export class WebhookServer {
  private readonly server: Server;
  private served = false;
  private readonly total;
  private readonly seconds;
  private readonly inFlight;

  constructor(private readonly options: WebhookServerOptions) {
    const { metrics } = options;
    this.total = metrics.counter({
      name: 'controller_runtime_webhook_requests_total',
      help: 'Admission requests by HTTP status code.',
      labels: ['webhook', 'code'],
    });
    this.seconds = metrics.histogram({
      name: 'controller_runtime_webhook_latency_seconds',
      help: 'Time taken to answer an admission request.',
      labels: ['webhook'],
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    });
    this.inFlight = metrics.gauge({
      name: 'controller_runtime_webhook_requests_in_flight',
      help: 'Admission requests being answered.',
      labels: ['webhook'],
    });
    for (const webhook of Object.keys(options.admissions)) {
      for (const code of ['200', '500']) this.total.touch({ webhook, code });
      this.inFlight.set(0, { webhook });
    }
    this.server = createServer({ minVersion: 'TLSv1.2' }, (request, response) => void this.handle(request, response));
    this.server.requestTimeout = 30_000;
  }

  /** Resolves with the port. */
  async listen(port: number, host?: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    const address = this.server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }

  /** Takes a certificate for every connection from now on. */
  use({ certificate, key }: ServingCertificate): void {
    this.server.setSecureContext({ cert: certificate, key, minVersion: 'TLSv1.2' });
    this.served = true;
  }

  ready(): HealthCheck {
    return this.served
      ? { name: 'webhooks', ok: true }
      : { name: 'webhooks', ok: false, message: 'there is no certificate yet' };
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeIdleConnections();
    });
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const webhook = request.url?.split('?')[0] ?? '';
    const admission = Object.hasOwn(this.options.admissions, webhook) ? this.options.admissions[webhook] : undefined;
    if (admission === undefined || request.method !== 'POST') {
      request.resume();
      response.writeHead(admission === undefined ? 404 : 405).end();
      return;
    }
    const { clock, log } = this.options;
    const began = clock.now();
    this.inFlight.set(++this.running, { webhook });
    let code = 200;
    let body = '';
    try {
      const asked = await review(request);
      body = JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: admission(asked) });
    } catch (error) {
      code = error instanceof BadReview ? error.code : 500;
      body = error instanceof Error ? error.message : String(error);
      if (code === 500) log.error('an admission request could not be answered', { webhook, error });
    }
    response.writeHead(code, { 'content-type': code === 200 ? 'application/json' : 'text/plain; charset=utf-8' });
    response.end(body);
    this.inFlight.set(--this.running, { webhook });
    this.total.add(1, { webhook, code: String(code) });
    this.seconds.observe((clock.now() - began) / 1000, { webhook });
  }

  private running = 0;
}

/** Not what an API server sends. */
class BadReview extends Error {
  constructor(
    readonly code: 400 | 413,
    message: string,
  ) {
    super(message);
  }
}

async function review(request: IncomingMessage): Promise<AdmissionRequest> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > LARGEST_REVIEW) throw new BadReview(413, `the review is larger than ${LARGEST_REVIEW} bytes`);
    pieces.push(piece);
  }
  let parsed: { readonly kind?: unknown; readonly request?: Partial<AdmissionRequest> } | null;
  try {
    parsed = JSON.parse(Buffer.concat(pieces).toString('utf8'));
  } catch {
    throw new BadReview(400, 'the body is no JSON');
  }
  if (parsed?.kind !== 'AdmissionReview' || typeof parsed.request?.uid !== 'string') {
    throw new BadReview(400, 'the body is no AdmissionReview with a request');
  }
  return parsed.request as AdmissionRequest;
}
