import type { Machine, MachineApi } from './machine-api.js';

/** Machines over an HTTP API: `GET`, `POST` and `DELETE /machines`. Replace it by the client of your cloud. */
export function httpMachines(endpoint: string): MachineApi {
  let seen: readonly Machine[] = [];
  const ask = async (method: string, path: string, body?: object): Promise<Response> => {
    const answer = await fetch(new URL(path, endpoint), {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    if (!answer.ok && ![404, 409].includes(answer.status)) throw new Error(`${method} ${path}: ${answer.status}`);
    return answer;
  };
  return {
    rent: async (order) => (await ask('POST', 'machines', order)).status !== 409,
    machines: async () => {
      seen = (await (await ask('GET', 'machines')).json()) as readonly Machine[];
      return seen;
    },
    seen: () => seen,
    giveBack: async (name) => (await ask('DELETE', `machines/${encodeURIComponent(name)}`)).status !== 404,
  };
}
