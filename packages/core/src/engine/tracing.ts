/**
 * The part of an OpenTelemetry tracer that the engine needs: `trace.getTracer('…')` of `@opentelemetry/api` is one. Asked for by
 * shape, so that nobody has to install OpenTelemetry who does not use it.
 */
export interface Tracer {
  startActiveSpan<T>(
    name: string,
    options: { readonly attributes?: Record<string, string | number | boolean> },
    run: (span: Span) => T,
  ): T;
}

/** The part of an OpenTelemetry span that the engine needs. */
export interface Span {
  setAttribute(name: string, value: string | number | boolean): unknown;
  recordException(error: Error): void;
  /** `code` 2 is ERROR. */
  setStatus(status: { readonly code: number; readonly message?: string }): unknown;
  end(): void;
}

const ERROR = 2;

/** Runs `work` in a span, which is the active one inside it: what it calls shows up below. A throw is recorded and goes on. */
export async function traced<T>(
  tracer: Tracer | undefined,
  name: string,
  attributes: Record<string, string | number | boolean>,
  work: (span: Span | undefined) => Promise<T>,
): Promise<T> {
  if (tracer === undefined) return work(undefined);
  return tracer.startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      span.recordException(failure);
      span.setStatus({ code: ERROR, message: failure.message });
      throw error;
    } finally {
      span.end();
    }
  });
}
