import type { Socket } from 'node:net';
import type { KubeResponse } from '../transport.js';
import { AnswerBody } from './answer-body.js';
import { type AnswerHead, AnswerParser } from './answer-parser.js';

/** One request, ready to go out. */
export interface WireRequest {
  readonly method: string;
  /** Request line, headers and body. */
  readonly text: string;
  readonly signal?: AbortSignal | undefined;
  readonly beforeLeaving?: (() => void) | undefined;
}

/** Told of what becomes of a connection. */
export interface ConnectionKeeper {
  /** It can take the next request. */
  free(connection: HttpConnection): void;
  gone(connection: HttpConnection): void;
}

/** A kept connection that the server had closed, as it seems before this request came to it: not a word of an answer. */
export class StaleConnection extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : 'the server closed the connection before it answered', { cause });
    this.name = 'StaleConnection';
  }
}

interface Exchange {
  readonly request: WireRequest;
  readonly resolve: (response: KubeResponse) => void;
  readonly reject: (reason: unknown) => void;
  readonly onAbort: () => void;
  body: AnswerBody | undefined;
  keepAlive: boolean;
}

/** One open connection, with one request at a time on it. */
export class HttpConnection {
  private readonly parser: AnswerParser;
  private exchange: Exchange | undefined;
  private answered = 0;
  private closed = false;

  constructor(
    private readonly socket: Socket,
    private readonly keeper: ConnectionKeeper,
    /** How long it may lie idle, unless the server says that it waits less long. */
    private idleMs: number,
  ) {
    const listener = {
      onHead: (head: AnswerHead) => this.begin(head),
      onText: (text: string) => this.exchange?.body?.push(text),
      onEnd: () => this.finish(),
    };
    this.parser = new AnswerParser(listener, () => this.exchange?.request.method !== 'HEAD');
    socket.setTimeout(idleMs, () => {
      if (this.exchange === undefined) this.close(new Error('idle'));
    });
    socket.on('data', (bytes) => this.read(() => this.parser.push(bytes)));
    socket.on('end', () => {
      this.read(() => this.parser.finish());
      this.close(closedByServer());
    });
    socket.on('error', (error) => this.close(error));
    socket.on('close', () => this.close(closedByServer()));
  }

  /** Resolves with the beginning of the answer. The connection is free again once the answer has come to its end. */
  send(request: WireRequest): Promise<KubeResponse> {
    return new Promise((resolve, reject) => {
      const { signal } = request;
      try {
        signal?.throwIfAborted();
        if (this.closed) throw closedByServer();
        request.beforeLeaving?.();
      } catch (error) {
        this.release();
        reject(error);
        return;
      }
      const onAbort = (): void => this.close(signal?.reason);
      this.exchange = { request, resolve, reject, onAbort, body: undefined, keepAlive: false };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.socket.ref();
      this.socket.write(request.text);
    });
  }

  /** Ends it, and with it the request on it. */
  close(reason: unknown): void {
    if (this.closed) return;
    this.closed = true;
    const { exchange } = this;
    this.exchange = undefined;
    this.socket.destroy();
    this.keeper.gone(this);
    if (exchange === undefined) return;
    const { request, body, reject, onAbort } = exchange;
    request.signal?.removeEventListener('abort', onAbort);
    if (body !== undefined) body.fail(reason);
    else reject(this.answered > 0 && request.signal?.aborted !== true ? new StaleConnection(reason) : reason);
  }

  private begin({ status, headers, keepAlive }: AnswerHead): void {
    const { exchange } = this;
    if (exchange === undefined) throw new Error('the server answers what it was not asked');
    exchange.keepAlive = keepAlive && this.heed(headers['keep-alive']);
    exchange.body = new AnswerBody({
      pause: () => this.socket.pause(),
      resume: () => this.socket.resume(),
      abandon: () => this.close(new Error('nobody reads on')),
    });
    exchange.resolve({ status, headers, body: exchange.body });
  }

  /** Takes the server's hint how long it waits (`timeout=5`); answers whether that leaves time for another request. */
  private heed(hint: string | undefined): boolean {
    const [, seconds] = /timeout=(\d+)/.exec(hint ?? '') ?? [];
    if (seconds === undefined) return true;
    // A second for the way.
    const ms = Math.min(this.idleMs, Number(seconds) * 1000 - 1000);
    if (ms !== this.idleMs && ms > 0) this.socket.setTimeout(ms);
    this.idleMs = ms;
    return ms > 0;
  }

  private finish(): void {
    const { exchange } = this;
    if (exchange === undefined) return;
    this.exchange = undefined;
    this.answered++;
    exchange.request.signal?.removeEventListener('abort', exchange.onAbort);
    exchange.body?.end();
    if (exchange.keepAlive) this.release();
    else this.close(undefined);
  }

  private release(): void {
    if (this.closed) return;
    // An idle connection is no reason for the process to stay.
    this.socket.unref();
    this.keeper.free(this);
  }

  private read(step: () => void): void {
    if (this.closed) return;
    try {
      step();
    } catch (error) {
      this.close(error);
    }
  }
}

function closedByServer(): Error {
  return new Error('the server closed the connection');
}
