import { setTimeout as pause } from 'node:timers/promises';
import type { Transport } from '@kaito-sdk/core';
import { ask } from './ask.js';
import type { ControlPlane } from './control-plane.js';
import { eventually } from './eventually.js';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const NAMESPACE = '/api/v1/namespaces/t';

/** The kinds that the cases leave objects of. */
const KINDS = [
  ...['configmaps', 'secrets', 'services', 'pods', 'events'].map((plural) => `/api/v1/namespaces/t/${plural}`),
  ...['deployments', 'replicasets', 'statefulsets', 'daemonsets'].map((each) => `/apis/apps/v1/namespaces/t/${each}`),
  '/apis/batch/v1/namespaces/t/jobs',
  '/apis/coordination.k8s.io/v1/namespaces/t/leases',
];

interface Item {
  readonly metadata: { readonly name: string; readonly finalizers?: readonly string[] };
}

/**
 * A real API server for cases that want one each: the same server, emptied in between. It must have no controllers beside it,
 * which would write what no case expects.
 */
export function conformanceTarget({ transport }: ControlPlane) {
  return {
    transport,
    now: () => Date.now(),
    quiet: () => pause(400),
    eventually: <T>(look: () => Promise<T>) => eventually(look, 30_000),
    /** A definition is served a little later than it is answered; one whose names are taken never is. */
    defined: ({ metadata, spec }: Definition) =>
      eventually(async () => {
        const { body } = await ask(transport, 'GET', `${DEFINITIONS}/${metadata.name}`);
        const conditions = (body as Established).status?.conditions ?? [];
        if (conditions.some(({ type, status }) => type === 'NamesAccepted' && status === 'False')) return;
        const path = `/apis/${spec.group}/v1/namespaces/t/${spec.names.plural}`;
        for (const look of [path, `/apis/${spec.group}/v1`]) {
          const { status } = await ask(transport, 'GET', look);
          if (status !== 200) throw new Error(`${look} answers ${status}`);
        }
      }),
    /** Ends what earlier cases left behind. */
    empty: () => empty(transport),
  };
}

interface Definition {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly group: string; readonly names: { readonly plural: string } };
}

interface Established {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

async function empty(transport: Transport): Promise<void> {
  const { body } = await ask(transport, 'GET', DEFINITIONS);
  const definitions = (body as { items: (Item & Definition)[] }).items;
  for (const { metadata, spec } of definitions) {
    await emptyKind(transport, `/apis/${spec.group}/v1/namespaces/t/${spec.names.plural}`);
    await ask(transport, 'DELETE', `${DEFINITIONS}/${metadata.name}`);
  }
  for (const kind of KINDS) await emptyKind(transport, kind);
  await gone(transport, NAMESPACE, async () => {
    await ask(transport, 'DELETE', NAMESPACE);
    const left = await ask(transport, 'GET', NAMESPACE);
    if (left.status === 200) {
      await ask(transport, 'PUT', `${NAMESPACE}/finalize`, { ...(left.body as object), spec: { finalizers: [] } });
    }
  });
  for (const { metadata } of definitions) await gone(transport, `${DEFINITIONS}/${metadata.name}`);
}

async function emptyKind(transport: Transport, kind: string): Promise<void> {
  const { status, body } = await ask(transport, 'GET', kind);
  if (status !== 200) return;
  for (const { metadata } of (body as { items: Item[] }).items) {
    const path = `${kind}/${metadata.name}`;
    await gone(transport, path, async () => {
      await ask(transport, 'DELETE', path, { gracePeriodSeconds: 0, propagationPolicy: 'Background' });
      await release(transport, path);
    });
  }
}

/** Takes the finalizers of an object away. */
async function release(transport: Transport, path: string): Promise<void> {
  const headers = { 'content-type': 'application/merge-patch+json' };
  const body = JSON.stringify({ metadata: { finalizers: null } });
  const answer = await transport.request({ method: 'PATCH', path, headers, body });
  for await (const _ of answer.body);
}

async function gone(transport: Transport, path: string, push: () => Promise<void> = async () => {}): Promise<void> {
  await eventually(async () => {
    await push();
    const { status } = await ask(transport, 'GET', path);
    if (status !== 404) throw new Error(`${path} is still there (${status})`);
  });
}
