import type { Tracer } from '@kaito-sdk/core';
import type { TracingSettings } from './config/service-settings.js';

/** A tracer, and what sends the last spans on their way. */
export interface Tracing {
  readonly tracer: Tracer;
  close(): Promise<void>;
}

/**
 * Spans to an OpenTelemetry collector, OTLP over HTTP; nothing when no endpoint is set. An edge: opens sockets. OpenTelemetry is
 * loaded only then: it costs memory that an operator without tracing should not pay.
 */
export async function openTelemetry({ endpoint, ratio }: TracingSettings): Promise<Tracing | undefined> {
  if (endpoint === undefined) return undefined;
  const [api, sdk, { OTLPTraceExporter }, { AsyncLocalStorageContextManager }, { resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/context-async-hooks'),
      import('@opentelemetry/resources'),
    ]);
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'kaito-operator' }),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: endpoint }) })],
  });
  // Which span is the active one is known to the process, not to a provider.
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return { tracer: provider.getTracer('@kaito-sdk/operator'), close: () => provider.shutdown() };
}
