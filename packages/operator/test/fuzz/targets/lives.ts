import type { KubeRequest } from '@kaito-sdk/core';
import fc from 'fast-check';
import { instantCloud, phiWorkspace, WORKSPACES, World } from '../../support/world.js';
import { hostileText, type Json, MARKER } from '../hostile-values.js';
import { mutated } from '../mutation.js';
import { quiet, type Target } from '../target.js';
import { VALID } from './manifests.js';

const SECRETS = { group: '', version: 'v1', plural: 'secrets' };
const EVENTS = { group: 'events.k8s.io', version: 'v1', plural: 'events' };
const MINUTE = 60_000;

interface Input {
  readonly workspaces: readonly Json[];
  /** Data of the Secrets that the Workspaces name. */
  readonly keys: readonly string[];
}

/**
 * A whole operator on a cluster, with Workspaces that somebody wrote to break it and one of a user who knows nothing of them: his must get
 * ready. Secrets that are named hold the marker, and nothing that the operator sends may.
 */
export const lives: Target<Input> = {
  name: 'lives beside hostile Workspaces',
  runs: 4,
  input: fc.record({
    workspaces: fc.array(mutated(...VALID), { minLength: 1, maxLength: 6 }),
    keys: fc.array(fc.oneof(fc.constantFrom('HF_TOKEN', '.dockerconfigjson', 'constructor'), hostileText), {
      maxLength: 3,
    }),
  }),
  async run({ workspaces, keys }) {
    const world = await World.start({ karpenter: instantCloud });
    const sent: string[] = [];
    world.between = (inner) => ({
      request(request: KubeRequest) {
        if (request.method !== 'GET') sent.push(`${request.path} ${request.body ?? ''}`);
        return inner.request(request);
      },
    });
    try {
      const value = Buffer.from(MARKER).toString('base64');
      for (const name of ['token', 'pull', 'push']) {
        const data = Object.fromEntries(
          ['HF_TOKEN', '.dockerconfigjson', ...keys.filter((key) => /^[-._a-zA-Z0-9]+$/.test(key))].map((key) => [
            key,
            value,
          ]),
        );
        await world.cluster.client.create(SECRETS, {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name, namespace: 'default' },
          data,
        } as never);
      }
      await world.operate();
      let stored = 0;
      for (const [index, hostile] of workspaces.entries()) {
        const object = {
          ...(hostile as object),
          metadata: {
            ...(hostile as { metadata?: object }).metadata,
            name: `hostile-${index}`,
            namespace: 'default',
            uid: undefined,
          },
        };
        // The server refuses what its schema refuses; what it stores the operator has to live with.
        await world.cluster.client.create(WORKSPACES, object as never).then(
          () => stored++,
          () => undefined,
        );
      }
      await world.apply(phiWorkspace({ name: 'canary' }));
      await world.untilReady('canary');
      await world.clock.advance(10 * MINUTE);
      const { items } = await world.cluster.client.list(WORKSPACES);
      if (items.length < stored) throw new Error(`${stored} were stored and ${items.length} are there`);
      for (const { metadata, status } of items) {
        const { conditions = [] } = (status ?? {}) as { readonly conditions?: readonly object[] };
        if (conditions.length === 0) throw new Error(`nothing is said about ${metadata.name}`);
      }
      const { items: events } = await world.cluster.client.list(EVENTS);
      for (const one of [...sent, ...items, ...events]) quiet(one, 'the operator');
    } finally {
      await world.stop();
    }
  },
};
