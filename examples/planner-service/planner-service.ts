import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import {
  admissionPolicyOf,
  admitWorkspace,
  type Catalogs,
  explain,
  loadPlugins,
  plan,
  registerPlugins,
  workspaceFrom,
} from '@kaito-sdk/core';
import { parse } from 'yaml';

/** What this service plans with. Any plugin package will do: another cloud, your own models. */
const PLUGINS = ['@kaito-sdk/provider-aks', '@kaito-sdk/presets-phi', '@kaito-sdk/runtime-inference'];

/** @param today `YYYY-MM-DD`: a machine that its cloud has retired by then is not planned with */
export async function azureCatalogs(today: string): Promise<Catalogs> {
  const capabilities = registerPlugins(await loadPlugins(PLUGINS, fileURLToPath(import.meta.url)));
  const [provisioner] = capabilities.provisioners;
  if (!provisioner) throw new Error('none of the plugins brings a provisioner');
  return { ...capabilities, provisioner, today };
}

/** More than any manifest has. */
const LIMIT_BYTES = 256 * 1024;

/**
 * `POST /plan` with a Workspace in YAML or JSON answers its Plan as JSON: 200 where it fits, 422 with the reason and the way out where it does
 * not, 400 where it is no Workspace. With `Accept: text/plain` it is the words of `kaito plan`. The planner is a pure function: no cluster and
 * no cloud is asked, so one process may answer everybody.
 */
export function plannerService(catalogs: () => Catalogs): Server {
  return createServer((request, response) => {
    answer(request, catalogs())
      .catch((error: unknown) => ({
        status: 400,
        body: { message: error instanceof Error ? error.message : 'not read' },
      }))
      .then(({ status, body }) => send(request, response, status, body));
  });
}

async function answer(request: IncomingMessage, catalogs: Catalogs): Promise<{ status: number; body: object }> {
  if (request.url !== '/plan') return { status: 404, body: { message: 'POST a Workspace to /plan' } };
  if (request.method !== 'POST') return { status: 405, body: { message: 'POST a Workspace to /plan' } };
  const workspace = workspaceFrom(parse(await read(request)));
  const errors = admitWorkspace(workspace, undefined, admissionPolicyOf(catalogs));
  if (errors.length > 0) return { status: 400, body: { message: 'the Workspace breaks rules of its API', errors } };
  const decision = plan(workspace, catalogs);
  if (request.headers.accept !== 'text/plain') return { status: decision.feasible ? 200 : 422, body: decision };
  return { status: decision.feasible ? 200 : 422, body: explain(decision) };
}

async function read(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > LIMIT_BYTES) throw new Error(`a manifest has at most ${LIMIT_BYTES} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function send(request: IncomingMessage, response: ServerResponse, status: number, body: object): void {
  const lines = Array.isArray(body) ? `${body.join('\n')}\n` : undefined;
  // Whoever sent too much is not read to the end.
  if (!request.complete) response.setHeader('connection', 'close');
  response.writeHead(status, {
    'content-type': lines === undefined ? 'application/json' : 'text/plain; charset=utf-8',
  });
  response.end(lines ?? `${JSON.stringify(body)}\n`);
}
