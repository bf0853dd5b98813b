import { AsyncLocalStorage } from 'node:async_hooks';
import { blocked, Controller, Operator, type Span, type Tracer, waiting } from '@kaito-sdk/core/engine';
import { TestCluster } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { WIDGETS, widgetCrd } from './support/test-server.js';
import { widget } from './support/widgets.js';

/** Remembers spans as OpenTelemetry would nest them. */
class RememberingTracer implements Tracer {
  readonly spans: {
    name: string;
    parent: string | undefined;
    attributes: Record<string, unknown>;
    error?: string;
    ended: boolean;
  }[] = [];
  private readonly active = new AsyncLocalStorage<string>();

  startActiveSpan<T>(
    name: string,
    { attributes = {} }: { attributes?: Record<string, string | number | boolean> },
    run: (span: Span) => T,
  ): T {
    const made: (typeof this.spans)[number] = {
      name,
      parent: this.active.getStore(),
      attributes: { ...attributes },
      ended: false,
    };
    this.spans.push(made);
    return this.active.run(name, () =>
      run({
        setAttribute: (key, value) => {
          made.attributes[key] = value;
        },
        recordException: ({ message }) => {
          made.error = message;
        },
        setStatus: () => undefined,
        end: () => {
          made.ended = true;
        },
      }),
    );
  }
}

describe('an operator with a tracer', () => {
  let cluster: TestCluster;
  let tracer: RememberingTracer;
  let operator: Operator;
  let turn = 0;

  beforeEach(async () => {
    turn = 0;
    cluster = await TestCluster.start({ crds: [widgetCrd] });
    tracer = new RememberingTracer();
    operator = await cluster.run((parts) => {
      const made = new Operator({ ...parts, name: 'traced', tracer });
      return made.add(
        new Controller({
          name: 'widget',
          resource: WIDGETS,
          reconcile: async ({ namespace, name }) => {
            if (turn++ === 0) throw new Error('not today');
            await made.client.merge(
              WIDGETS,
              namespace,
              name,
              { status: { phase: 'Ready' } },
              { subresource: 'status' },
            );
            return blocked('Enough', 'it is enough');
          },
        }),
      );
    });
    await cluster.client.create(WIDGETS, widget('a', 1));
    await cluster.advance(1000);
  });
  afterEach(() => cluster.stop());

  it('makes a span of each pass, with its requests below it, its outcome and its error', () => {
    const passes = tracer.spans.filter(({ name }) => name === 'reconcile widget');
    expect(passes[0]).to.include({ error: 'not today', ended: true });
    expect(passes[0]?.attributes).to.include({ 'k8s.namespace.name': 'default', 'k8s.object.name': 'a' });
    expect(passes[1]?.attributes).to.include({ 'reconcile.outcome': 'blocked' });
    const patch = tracer.spans.find(({ name }) => name === 'PATCH');
    expect(patch).to.include({ parent: 'reconcile widget', ended: true });
    expect(patch?.attributes).to.deep.equal({
      'http.request.method': 'PATCH',
      'url.path': '/apis/ex.io/v1/namespaces/default/widgets/a/status',
      'http.response.status_code': 200,
    });
  });

  it('counts what is blocked as a terminal error', () => {
    expect(operator.metrics.expose()).to.match(
      /controller_runtime_terminal_reconcile_errors_total\{controller="widget"\} [1-9]/,
    );
  });
});

describe('the series of what is in work', () => {
  it('grow while a pass runs, without anybody setting them', async () => {
    const cluster = await TestCluster.start({ crds: [widgetCrd] });
    let finish: () => void = () => undefined;
    const operator = await cluster.run((parts) =>
      new Operator({ ...parts, name: 'slow' }).add(
        new Controller({
          name: 'widget',
          resource: WIDGETS,
          reconcile: () =>
            new Promise((resolve) => {
              finish = () => resolve(waiting('Slow', 'it takes its time'));
            }),
        }),
      ),
    );
    const series = (name: string) =>
      new RegExp(`^workqueue_${name}\\{.*\\} (.*)$`, 'm').exec(operator.metrics.expose())?.[1];
    expect(series('unfinished_work_seconds')).to.equal('0');
    await cluster.client.create(WIDGETS, widget('a', 1));
    await cluster.advance(7000);
    expect([series('unfinished_work_seconds'), series('longest_running_processor_seconds')]).to.deep.equal(['7', '7']);
    finish();
    await cluster.settle();
    expect([series('unfinished_work_seconds'), series('longest_running_processor_seconds')]).to.deep.equal(['0', '0']);
    await cluster.stop();
  });
});
