import { StringDecoder } from 'node:string_decoder';
import { HTTPParser } from 'http-parser-js';

/** The beginning of an answer. */
export interface AnswerHead {
  readonly status: number;
  /** Lower-case names; a name that came several times has its values joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the server will take another request on the same connection. */
  readonly keepAlive: boolean;
}

/** Hears of one answer after the other, each in this order. */
export interface AnswerListener {
  onHead(head: AnswerHead): void;
  /** Text of the body; a character that was cut in two is put together. */
  onText(text: string): void;
  onEnd(): void;
}

interface Info {
  readonly statusCode: number;
  readonly headers: readonly string[];
  readonly shouldKeepAlive: boolean;
}

/**
 * Reads what a server sends over HTTP/1.1: sized, chunked, and ended by the end of the connection.
 *
 * The grammar is `http-parser-js`, which many WebSocket clients stand on. Node has a parser of its own, but hands it out only with
 * the whole of `node:http` around it.
 */
export class AnswerParser {
  private readonly parser = new HTTPParser(HTTPParser.RESPONSE);
  private readonly decoder = new StringDecoder('utf8');
  /** `100 Continue` and its like: something said before the answer. */
  private informational = false;

  constructor(
    private readonly listener: AnswerListener,
    /** An answer to HEAD has no body, whatever its headers say. */
    hasBody: () => boolean,
  ) {
    const { parser } = this;
    const onHead = (...told: unknown[]): number | undefined => {
      const { statusCode, headers, shouldKeepAlive } = infoOf(told);
      this.informational = statusCode < 200;
      if (statusCode === 101) throw new Error('the server wants to change the protocol, which was not asked for');
      if (this.informational) return undefined;
      this.listener.onHead({ status: statusCode, headers: joined(headers), keepAlive: shouldKeepAlive });
      return hasBody() ? undefined : 1;
    };
    // Its types call them numbers to be looked up on the class, which TypeScript cannot index by.
    const hooks = parser as unknown as Record<number, unknown>;
    hooks[HTTPParser.kOnHeadersComplete] = onHead;
    hooks[HTTPParser.kOnBody] = (bytes: Buffer, from: number, length: number) => {
      const text = this.decoder.write(bytes.subarray(from, from + length));
      if (text !== '') this.listener.onText(text);
    };
    hooks[HTTPParser.kOnMessageComplete] = () => {
      if (this.informational) return;
      const rest = this.decoder.end();
      if (rest !== '') this.listener.onText(rest);
      this.listener.onEnd();
    };
  }

  /** Throws for what is not HTTP; nothing can be read after that. */
  push(bytes: Buffer): void {
    const read = this.parser.execute(bytes);
    if (read instanceof Error) throw new Error('the answer is not HTTP/1.1', { cause: read });
  }

  /** The server has closed its side. Throws when it did so in the middle of an answer. */
  finish(): void {
    const cut = this.parser.finish();
    if (cut instanceof Error) throw new Error('the connection ended in the middle of the answer');
  }
}

/**
 * What the parser says of a head: as one object, or one argument after the other, as Node's own parser does. It changes over to that
 * for the whole process when anybody puts it in the place of Node's.
 */
function infoOf(told: readonly unknown[]): Info {
  if (typeof told[0] === 'object') return told[0] as Info;
  const [, , headers, , , statusCode, , , shouldKeepAlive] = told;
  return { headers, statusCode, shouldKeepAlive } as Info;
}

function joined(pairs: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const name = (pairs[at] ?? '').toLowerCase();
    const value = pairs[at + 1] ?? '';
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return headers;
}
