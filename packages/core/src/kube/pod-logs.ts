import { LineSplitter } from './line-splitter.js';
import type { Transport } from './transport.js';

export interface PodLogRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** How many of the lines that are there already. */
  readonly tailLines: number;
  readonly signal: AbortSignal;
}

/** What containers print. */
export interface PodLogs {
  /**
   * The lines of a container as it prints them, until it ends. Ends at once where there is no such pod or container, or it is not ours to
   * read: what is printed is news for people, and nothing depends on it.
   */
  follow(request: PodLogRequest): AsyncIterable<string>;
}

/** Characters. A container may print for ever without a line end, and what it prints is kept until one comes. */
const LONGEST_LINE = 65_536;

/** Logs through the API server: one request that stays open for as long as the container runs. */
export function podLogs(transport: Transport): PodLogs {
  return {
    async *follow({ namespace, pod, container, tailLines, signal }) {
      const query = new URLSearchParams({ container, follow: 'true', tailLines: String(tailLines) });
      const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log?${query}`;
      const response = await transport.request({ method: 'GET', path, signal });
      const lines = new LineSplitter(LONGEST_LINE);
      for await (const piece of response.body) if (response.status === 200) yield* lines.push(piece);
    },
  };
}
