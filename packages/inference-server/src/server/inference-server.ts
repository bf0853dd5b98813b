import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../clock.js';
import type { Engine } from '../engine/engine.js';
import type { Log } from '../log.js';
import { adapterRoutes } from './adapter-routes.js';
import { chatRoutes } from './chat-routes.js';
import { Completions } from './completions.js';
import { type Reply, type Route, readJsonBody } from './exchange.js';
import { ServerMetrics } from './metrics.js';
import { openAiRoutes } from './openai-routes.js';
import { Problem } from './problem.js';
import { problemBody, problemStatus } from './problem-body.js';
import { RequestQueue } from './request-queue.js';
import { statusRoutes } from './status-routes.js';

/** What an {@link InferenceServer} is made of. */
export interface InferenceServerOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly log: Log;
  /** Makes the unique part of an answer's id. */
  readonly newId: () => string;
  /** Resident memory in bytes, for `/metrics`. */
  readonly memory: () => number;
  /** Requests that may wait while others are answered; more get 429. Default 32. */
  readonly queue?: number;
  /** Largest body in bytes. Default 1 MiB. */
  readonly maxBody?: number;
  /** Seconds that a client may take to send its body, and again to take an answer that is complete. Default 30. */
  readonly clientSeconds?: number;
  /** The model or adapter that answers `/chat` where a request names none. Default: the base model with all of its adapters at once. */
  readonly chatModel?: string;
  /**
   * Serves the paths by which vLLM takes and gives up adapters, and says where the path of a request lies. Whoever reaches them can make the server read
   * files: only for a trusted network. Default: they are not served.
   */
  readonly adapterPath?: (path: string) => string;
  /** Paths that are served. Default: all. A stand-in of a server without some path leaves it out here. */
  readonly serves?: (path: string) => boolean;
}

/** Serves an engine over HTTP: KAITO's `POST /chat`, OpenAI's paths, health and metrics. The engine is loaded by whoever made it. */
export class InferenceServer {
  private readonly queue: RequestQueue;
  private readonly metrics = new ServerMetrics();
  private readonly routes: readonly Route[];
  private readonly http: Server;
  private readonly maxBody: number;
  private draining = false;

  constructor(private readonly options: InferenceServerOptions) {
    const { engine, clock, newId, memory, serves = () => true } = options;
    this.queue = new RequestQueue(engine.concurrency, options.queue ?? 32);
    this.maxBody = options.maxBody ?? 2 ** 20;
    const completions = new Completions(engine, this.queue, this.metrics, clock);
    this.routes = [
      ...statusRoutes(engine, this.queue, this.metrics, memory, options.chatModel),
      ...chatRoutes(completions, options.chatModel),
      ...(options.adapterPath ? adapterRoutes(engine, options.adapterPath) : []),
      ...openAiRoutes(completions, clock, newId),
    ].filter(({ path }) => serves(path));
    this.http = createServer((request, response) => void this.serve(request, response));
  }

  /** Starts to listen. Port 0 takes a free one. @throws the system's error when the port cannot be had. */
  async listen(port: number, host: string): Promise<AddressInfo> {
    await new Promise<void>((resolve, reject) => {
      this.http.once('error', reject);
      this.http.listen(port, host, () => {
        this.http.off('error', reject);
        resolve();
      });
    });
    return this.http.address() as AddressInfo;
  }

  /** Takes no new connections, finishes what runs and waits, then closes. */
  async drain(): Promise<void> {
    this.draining = true;
    // A client that keeps its connection open between requests would otherwise hold up the end for seconds.
    this.http.keepAliveTimeout = 1;
    this.http.keepAliveTimeoutBuffer = 0;
    const closed = new Promise<void>((resolve) => this.http.close(() => resolve()));
    await this.queue.idle();
    this.http.closeIdleConnections();
    await closed;
  }

  /** Hangs up on everybody. For a drain that takes too long. */
  abort(): void {
    this.http.closeAllConnections();
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const started = this.options.clock.now();
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const hangUp = new AbortController();
    response.once('close', () => hangUp.abort());
    let route: Route | undefined;
    try {
      route = this.routeOf(request.method ?? 'GET', path);
      const body = () => this.inTime(request);
      await send(response, request.method ?? 'GET', await route.handle({ signal: hangUp.signal, body }));
    } catch (error) {
      this.refuse(response, path, error);
    }
    this.giveTime(response);
    this.metrics.responded(route?.path ?? 'other', response.statusCode);
    const quiet = route !== undefined && route.method === 'GET';
    const gone = !response.writableFinished && response.destroyed;
    this.options.log(quiet ? 'debug' : 'info', `${request.method} ${path} ${gone ? 'hung up' : response.statusCode}`, {
      seconds: (this.options.clock.now() - started) / 1000,
    });
  }

  /** Reads the body. One that does not come in time would hold a connection for ever. */
  private async inTime(request: IncomingMessage): Promise<unknown> {
    let cancel = () => {};
    const late = new Promise<never>((_, reject) => {
      cancel = this.options.clock.after(this.clientSeconds * 1000, () =>
        reject(
          new Problem(408, `the body did not arrive within ${this.clientSeconds} seconds`, {
            code: 'body_too_slow',
            headers: { Connection: 'close' },
          }),
        ),
      );
    });
    const body = readJsonBody(request, this.maxBody);
    // Whoever is late is told so; what becomes of the rest of the body is nobody's concern.
    body.catch(() => undefined);
    try {
      return await Promise.race([body, late]);
    } finally {
      cancel();
    }
  }

  /** Hangs up on a client that does not take the rest of a complete answer. */
  private giveTime(response: ServerResponse): void {
    if (response.writableFinished || response.destroyed) return;
    const cancel = this.options.clock.after(this.clientSeconds * 1000, () => response.destroy());
    response.once('close', cancel);
  }

  private get clientSeconds(): number {
    return this.options.clientSeconds ?? 30;
  }

  private routeOf(method: string, path: string): Route {
    if (this.draining)
      throw new Problem(503, 'the server is shutting down', {
        code: 'shutting_down',
        headers: { Connection: 'close', 'Retry-After': '1' },
      });
    const here = this.routes.filter((route) => route.path === path);
    if (here.length === 0) throw new Problem(404, 'Not Found', { code: 'not_found' });
    const route = here.find(
      (candidate) => candidate.method === method || (candidate.method === 'GET' && method === 'HEAD'),
    );
    if (route) return route;
    const allow = here.flatMap((candidate) => (candidate.method === 'GET' ? ['GET', 'HEAD'] : [candidate.method]));
    throw new Problem(405, 'Method Not Allowed', { code: 'method_not_allowed', headers: { Allow: allow.join(', ') } });
  }

  private refuse(response: ServerResponse, path: string, error: unknown): void {
    const problem = error instanceof Problem ? error : new Problem(500, 'Internal Server Error', { code: 'internal' });
    if (problem !== error)
      this.options.log(
        'error',
        `${path}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        {},
      );
    // After the first event nothing can be said any more but by breaking off, which a client notices by the missing [DONE].
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (response.destroyed) return;
    writeJson(response, problemStatus(path, problem), problemBody(path, problem), problem.options.headers);
  }
}

async function send(response: ServerResponse, method: string, reply: Reply): Promise<void> {
  // Events are read to their end even when nobody listens: their source gives its turn back only then.
  if (response.destroyed && reply.kind !== 'events') return;
  switch (reply.kind) {
    case 'json':
      writeJson(response, 200, reply.body, {}, method === 'HEAD');
      return;
    case 'text':
      response.writeHead(200, { 'Content-Type': reply.contentType, 'Content-Length': Buffer.byteLength(reply.body) });
      response.end(method === 'HEAD' ? undefined : reply.body);
      return;
    case 'events':
      if (!response.destroyed)
        response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-cache' });
      // Not at the pace of the reader: a slow one would hold the engine from all others. The context bounds what is kept for it.
      for await (const data of reply.events) if (!response.destroyed) response.write(`data: ${data}\n\n`);
      if (!response.destroyed) response.end('data: [DONE]\n\n');
  }
}

function writeJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  headOnly = false,
): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(headOnly ? undefined : text);
}
