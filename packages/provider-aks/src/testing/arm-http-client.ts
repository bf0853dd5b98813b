import { createHttpHeaders, type HttpClient } from '@azure/core-rest-pipeline';
import type { TokenCredential } from '@azure/identity';

/** A Resource Manager in this process, such as the simulated one of `@kaito-sdk/devcluster`. */
export interface ArmHandler {
  handle(request: {
    readonly method: string;
    readonly url: URL;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  }): Promise<{
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: unknown;
  }>;
}

/** Carries a request out, or does not: where a test counts requests, loses answers and ends processes. */
export type Around = (method: string, send: () => Promise<void>) => Promise<void>;

/** The last step of the real SDK's pipeline, without a socket: what it would send goes straight to the simulated cloud. */
export function armHttpClient(arm: ArmHandler, around: Around = (_method, send) => send()): HttpClient {
  return {
    async sendRequest(request) {
      const headers = Object.fromEntries([...request.headers].map(([name, value]) => [name.toLowerCase(), value]));
      let answer: Awaited<ReturnType<ArmHandler['handle']>> | undefined;
      await around(request.method, async () => {
        const body = typeof request.body === 'string' ? request.body : '';
        answer = await arm.handle({ method: request.method, url: new URL(request.url), headers, body });
      });
      if (answer === undefined) throw new Error('the request was not sent');
      const { status, headers: answered, body } = answer;
      return {
        request,
        status,
        headers: createHttpHeaders({ 'content-type': 'application/json', ...answered }),
        ...(body === undefined ? {} : { bodyAsText: JSON.stringify(body) }),
      };
    },
  };
}

/** The one token that the simulated cloud knows; it never expires. */
export const simulatedCredential: TokenCredential = {
  getToken: async () => ({ token: 'simulated', expiresOnTimestamp: Number.MAX_SAFE_INTEGER }),
};
