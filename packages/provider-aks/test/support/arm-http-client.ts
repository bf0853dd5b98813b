import { createHttpHeaders, type HttpClient } from '@azure/core-rest-pipeline';
import type { TokenCredential } from '@azure/identity';
import type { SimulatedArm } from '@kaito-sdk/devcluster';

/** The last step of the real SDK's pipeline, without a socket: what it would send goes straight to the simulated cloud. */
export function armHttpClient(
  arm: SimulatedArm,
  around: (method: string, send: () => Promise<void>) => Promise<void>,
): HttpClient {
  return {
    async sendRequest(request) {
      const headers = Object.fromEntries([...request.headers].map(([name, value]) => [name.toLowerCase(), value]));
      let answer: Awaited<ReturnType<SimulatedArm['handle']>> | undefined;
      await around(request.method, async () => {
        const body = typeof request.body === 'string' ? request.body : '';
        answer = await arm.handle({ method: request.method, url: new URL(request.url), headers, body });
      });
      const { status, headers: answered, body } = answer!;
      return {
        request,
        status,
        headers: createHttpHeaders({ 'content-type': 'application/json', ...answered }),
        ...(body === undefined ? {} : { bodyAsText: JSON.stringify(body) }),
      };
    },
  };
}

/** The one token that the simulated cloud knows. */
export const simulatedCredential: TokenCredential = {
  getToken: async () => ({ token: 'simulated', expiresOnTimestamp: Date.now() + 3_600_000 }),
};
