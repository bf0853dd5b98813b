import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { CRDS, crdOf, jsonLog, systemClock, WORKSPACES, Workspace } from '@kaito-sdk/core';
import { DevCluster } from '@kaito-sdk/devcluster';
import { checkLiveCrd, installPlugins, operatorConfig, serveOperator } from '@kaito-sdk/operator';
import { expect } from 'chai';

const from = createRequire(import.meta.url).resolve('@kaito-sdk/operator');

interface Line {
  readonly message: string;
  readonly port?: number;
}

describe('the operator as a process', function () {
  this.timeout(60_000);
  let cluster: DevCluster;
  let stop: AbortController;
  let lines: Line[];

  beforeEach(async () => {
    cluster = await DevCluster.start({ karpenter: { instances: {} } });
    stop = new AbortController();
    lines = [];
  });
  afterEach(async () => {
    stop.abort();
    await cluster.stop();
  });

  /** Begins; answers its end, and a way to wait for a line of its log. */
  async function begun(settings: object = {}) {
    const config = operatorConfig(
      { leaderElection: false, http: { port: 0, host: '127.0.0.1' }, ...settings },
      'the test',
    );
    const waiting: (() => void)[] = [];
    const log = jsonLog({
      clock: systemClock,
      write: (line) => {
        lines.push(JSON.parse(line));
        for (const tell of waiting.splice(0)) tell();
      },
    });
    const installed = await installPlugins(config, from, systemClock);
    const { transport } = cluster;
    const parts = { config, installed, transport, clock: systemClock, random: Math.random, log, signal: stop.signal };
    const ended = serveOperator(parts).then(
      () => undefined,
      (error: Error) => error,
    );
    const said = async (message: string): Promise<Line> => {
      for (;;) {
        const found = lines.find((line) => line.message === message);
        if (found) return found;
        const next = await Promise.race([
          new Promise<void>((tell) => waiting.push(tell)),
          ended.then((e) => e ?? 'end'),
        ]);
        if (next !== undefined) throw new Error(`it ended before it said "${message}": ${next}`);
      }
    };
    return { ended, said };
  }

  const installed = () => cluster.client.create(CRDS, crdOf(Workspace) as never);

  it('serves health, readiness and metrics, and ends when told to', async () => {
    await installed();
    const { ended, said } = await begun();
    const { port } = await said('serving health and metrics');
    const ask = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    expect(await ask('/healthz')).to.equal('[+]running ok\n');
    let ready = '';
    while (!ready.includes('[+]started ok')) ready = await ask('/readyz');
    expect(ready).to.match(/^\[\+\]watch-workspaces ok$/m);
    expect(await ask('/metrics')).to.match(
      /^controller_runtime_reconcile_total\{controller="workspace",result="success"\} 0$/m,
    );
    stop.abort();
    expect(await ended).to.equal(undefined);
  });

  it('listens to nobody when that is what the configuration says', async () => {
    await installed();
    const { ended } = await begun({ http: { enabled: false } });
    stop.abort();
    expect(await ended).to.equal(undefined);
    expect(lines.filter(({ message }) => message.startsWith('serving'))).to.deep.equal([]);
  });

  it('holds Workspaces to the limits of the installation where no webhook wrote them down', async () => {
    await installed();
    const { ended, said } = await begun({ defaults: { priceLimit: 0.01 } });
    await said('serving health and metrics');
    await cluster.client.create(WORKSPACES, workspace('Standard_NC4as_T4_v3'));
    const { conditions } = await judged();
    expect(conditions.find(({ type }) => type === 'Planned')).to.deep.include({ status: 'False' });
    expect(JSON.stringify(conditions)).to.include('0.01');
    stop.abort();
    expect(await ended).to.equal(undefined);
    const live = await cluster.client.get(WORKSPACES, 'default', 'phi');
    expect(live?.resource).not.to.have.property('priceLimit');
  });

  const workspace = (instanceType: string) =>
    ({
      apiVersion: 'kaito.sh/v1beta1',
      kind: 'Workspace',
      metadata: { name: 'phi', namespace: 'default' },
      resource: { instanceType, labelSelector: { matchLabels: { apps: 'phi' } } },
      inference: { preset: { name: 'phi-3-mini-4k-instruct' } },
    }) as never;

  /** The status, once the operator has looked at the Workspace. */
  async function judged(): Promise<{ conditions: { type: string; status: string }[] }> {
    for (;;) {
      const live = await cluster.client.get(WORKSPACES, 'default', 'phi');
      const status = live?.status as { conditions?: { type: string; status: string }[] } | undefined;
      if (status?.conditions !== undefined) return { conditions: status.conditions };
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  it('sends spans of reconciles and of the requests below them', async () => {
    await installed();
    const collector = await Collector.start();
    try {
      const { ended, said } = await begun({ tracing: { endpoint: collector.url } });
      await said('serving health and metrics');
      await cluster.client.create(WORKSPACES, workspace('none'));
      await judged();
      stop.abort();
      expect(await ended).to.equal(undefined);
      const spans = collector.spans();
      const reconcile = spans.find(({ name }) => name === 'reconcile workspace');
      expect(spans.filter(({ parentSpanId }) => parentSpanId === reconcile?.spanId).map(({ name }) => name)).to.include(
        'PUT',
      );
    } finally {
      await collector.stop();
    }
  });

  it('does nothing in a cluster without its CRD, and says what to do', async () => {
    const { ended } = await begun();
    expect(String(await ended)).to.match(
      /no CustomResourceDefinition workspaces\.kaito\.sh: install it with "kaito crds/,
    );
  });

  it('does nothing beside a CRD that would drop fields of ours, and names the first', async () => {
    const crd = structuredClone(crdOf(Workspace)) as unknown as CrdWithSchema;
    for (const { schema } of crd.spec.versions)
      delete schema.openAPIV3Schema.properties.resource?.properties.alternatives;
    await cluster.client.create(CRDS, crd as never);
    const error = await checkLiveCrd(cluster.client as never).catch((one: Error) => one);
    expect(String(error)).to.match(/does not know resource\.alternatives \(v1beta1\).*--force-conflicts/);
  });
});

interface CrdWithSchema {
  readonly spec: {
    readonly versions: readonly {
      readonly schema: {
        readonly openAPIV3Schema: { readonly properties: Record<string, { properties: Record<string, unknown> }> };
      };
    }[];
  };
}

interface Span {
  readonly name: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
}

/** Takes OTLP over HTTP, as JSON. */
class Collector {
  private readonly bodies: string[] = [];

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (piece) => {
        body += piece;
      });
      request.on('end', () => {
        this.bodies.push(body);
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
  }

  static async start(): Promise<Collector> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Collector(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1/traces`;
  }

  spans(): readonly Span[] {
    return this.bodies.flatMap((body) =>
      (JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] }).resourceSpans.flatMap(
        ({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans),
      ),
    );
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }
}
