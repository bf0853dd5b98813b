// The real control plane of the e2e tier, for benches.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RestClient, systemClock } from '@kaito-sdk/core/engine';
import { pidOf } from './processes.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** What modules of e2e export, which the ordinary build leaves out. */
export async function fromE2e(...names) {
  const built = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), ['-b', join(root, 'e2e')], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`e2e could not be built: ${built.error?.message ?? built.stdout}`);
  return Object.assign({}, ...(await Promise.all(names.map((name) => import(`../../e2e/dist/${name}.js`)))));
}

/** The API server's process, by the port it was told to listen on. */
export const serverPid = (plane) => pidOf(`--secure-port=${new URL(plane.url).port}`);

/** The text of an answer. */
export async function textOf(transport, method, path) {
  const { status, body } = await transport.request({ method, path });
  let text = '';
  for await (const piece of body) text += piece;
  if (status !== 200) throw new Error(`${method} ${path}: ${status} ${text.slice(0, 300)}`);
  return text;
}

/**
 * Requests that the server has answered so far, watches left out: how many there are of those that `counts` takes, which gets
 * the resource with its subresource (`nodeclaims/status`), the verb (`POST`; server-side apply is `APPLY`) and whether it was a
 * dry run.
 */
export async function serverRequests(plane, counts) {
  const text = await textOf(plane.transport, 'GET', '/metrics');
  let sum = 0;
  for (const [, labels, value] of text.matchAll(/^apiserver_request_total\{(.*?)\} (\S+)$/gm)) {
    const of = (name) => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? '';
    if (/^(WATCH|CONNECT)$/.test(of('verb'))) continue;
    const resource = of('subresource') === '' ? of('resource') : `${of('resource')}/${of('subresource')}`;
    if (counts(resource, of('verb'), of('dry_run') !== '')) sum += Number(value);
  }
  return sum;
}

export const WRITES = /^(POST|PUT|PATCH|DELETE|APPLY)$/;

/** Does something with each, over 16 connections, each with its next request as soon as the last is answered. */
export async function each(plane, items, act) {
  const transport = plane.connect();
  const client = new RestClient({ transport, clock: systemClock, random: Math.random });
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const i = next++;
      await act(client, items[i], i);
    }
  };
  await Promise.all(Array.from({ length: 16 }, lane));
  await transport.close();
}
