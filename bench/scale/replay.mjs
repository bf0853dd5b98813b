// What the API server of the scale bench can bear at most: the requests that one Workspace costs, taken down from the reference
// operator and sent again for others by something that neither watches, nor thinks, nor waits. No operator that sends them is faster.
import { setTimeout as pause } from 'node:timers/promises';
import { jsonLog, systemClock } from '@kaito-sdk/core';
import { installPlugins, operatorConfig, serveOperator } from '@kaito-sdk/operator';
import { serverPid } from '../harness/control-plane.mjs';
import { cpuMs } from '../harness/processes.mjs';
import { settings } from './operators.mjs';

const TEMPLATE = 'taken-down';
const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/json' };
/** How many are sent at the same time, each for a Workspace of its own. */
const LANES = 16;

/**
 * Serves one Workspace with an operator in this process. `serve(name)` makes it and resolves when it is ready. Answers every
 * request about it in their order, watches left out.
 */
export async function takeDown(plane, port, serve) {
  const transport = plane.connect();
  const requests = [];
  const listening = {
    request(request) {
      const { method, path, headers, body } = request;
      const isOurs = `${path} ${body ?? ''}`.includes(TEMPLATE) && !/[?&]watch=/.test(path);
      if (isOurs) requests.push({ method, path, headers, body });
      return transport.request(request);
    },
  };
  const config = operatorConfig(settings(port), 'the settings of the replay');
  const ending = new AbortController();
  const installed = await installPlugins(config, import.meta.filename, systemClock);
  let ended;
  await new Promise((resolve, reject) => {
    ended = serveOperator({
      config,
      installed,
      transport: listening,
      clock: systemClock,
      random: Math.random,
      log: jsonLog({ clock: systemClock, level: 'error', write: (line) => process.stderr.write(`${line}\n`) }),
      signal: ending.signal,
      started: resolve,
    });
    ended.catch(reject);
  });
  await serve(TEMPLATE);
  // The last event may leave after the last status.
  await pause(2000);
  ending.abort();
  await ended;
  await transport.close();
  return requests;
}

/** Makes so many Workspaces of the manifest and sends for each what was taken down. */
export async function sendAgain(plane, requests, manifest, count) {
  const template = requests.flatMap(({ body }) => /"uid":"([^"]+)"/.exec(body ?? '')?.[1] ?? [])[0];
  const claim = requests
    .filter(({ method, path }) => method === 'POST' && /\/nodeclaims(\?|$)/.test(path))
    .map(({ body }) => JSON.parse(body).metadata.name)[0];
  if (template === undefined || claim === undefined) throw new Error('nothing was taken down that could be sent again');
  const transport = plane.connect();
  const send = async (request) => {
    const { status, body } = await transport.request(request);
    let text = '';
    for await (const piece of body) text += piece;
    if (status >= 400 && !(status === 404 && request.method === 'GET'))
      throw new Error(`${request.method} ${request.path}: ${status} ${text.slice(0, 300)}`);
    return text;
  };
  const workspaces = `/apis/${manifest('').apiVersion}/namespaces/default/workspaces`;
  const one = async (i) => {
    const name = `again-${i}`;
    const made = { method: 'POST', path: workspaces, headers: JSON_HEADERS, body: JSON.stringify(manifest(name)) };
    const { metadata } = JSON.parse(await send(made));
    // What is written about the Workspace is compared with what is there: each write needs the version that the last one made.
    let version = metadata.resourceVersion;
    const other = (text) =>
      text
        .replaceAll(TEMPLATE, name)
        .replaceAll(claim, `wsagain${i}`)
        .replaceAll(template, metadata.uid)
        .replace(/"resourceVersion":"\d+"/, `"resourceVersion":"${version}"`);
    for (const request of requests) {
      const body = request.body === undefined ? {} : { body: other(request.body) };
      const path = other(request.path);
      const answer = await send({ ...request, path, ...body });
      if (path.startsWith(`${workspaces}/${name}`)) version = JSON.parse(answer).metadata.resourceVersion;
    }
  };
  const pid = serverPid(plane);
  const before = cpuMs(pid);
  const began = performance.now();
  let next = 0;
  const lane = async () => {
    while (next < count) await one(next++);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  const seconds = (performance.now() - began) / 1000;
  await transport.close();
  return {
    perSecond: Number((count / seconds).toFixed(1)),
    serverCpuMsEach: Number(((cpuMs(pid) - before) / count).toFixed(2)),
  };
}
