// Our side of the engine's bench: the controller of bench/engine/controller-runtime, with everything an operator gets here
// switched on (metrics, logs, back-off, events, write-through, drift detection by server-side apply).
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  Applier,
  CONFIG_MAPS,
  Controller,
  done,
  HttpsTransport,
  isAlreadyExists,
  jsonLog,
  Operator,
  ownerReference,
  registerKind,
  systemClock,
  WatchCache,
} from '@kaito-sdk/core/engine';

// From the start of the process, imports included.
const began = 0;
const { values: args } = parseArgs({
  options: {
    mode: { type: 'string', default: 'controller' },
    workers: { type: 'string', default: '1' },
    expect: { type: 'string', default: '0' },
    write: { type: 'string', default: 'create' },
    'first-list': { type: 'string', default: 'pages' },
  },
});
const say = (at) => process.stdout.write(`${JSON.stringify({ at, ms: Math.round(performance.now() - began) })}\n`);
const WIDGETS = registerKind({ group: 'ex.io', version: 'v1', kind: 'Widget', plural: 'widgets', namespaced: true });

// As in a pod: a token and a certificate in files.
const { SERVER: server, TOKEN: token, CA_FILE: caFile } = process.env;
const credentials = { headers: { authorization: `Bearer ${token}` }, tls: { ca: readFileSync(caFile) } };
const transport = new HttpsTransport({ access: { server, credentials: async () => credentials }, clock: systemClock });
const common = { transport, clock: systemClock, random: Math.random, firstList: args['first-list'] };

async function controller() {
  const log = jsonLog({ clock: systemClock, level: 'warn', write: (line) => process.stderr.write(`${line}\n`) });
  const operator = new Operator({ ...common, name: 'bench', log });
  const { client, cache } = operator;
  const widgets = cache.informer(WIDGETS);
  const seeTo = args.write === 'apply' ? applying(operator) : creating(operator);
  const expected = Number(args.expect);
  let passes = 0;
  operator.add(
    new Controller({
      name: 'widget',
      resource: WIDGETS,
      owns: [{ resource: CONFIG_MAPS }],
      concurrency: Number(args.workers),
      reconcile: async ({ namespace, name }, { signal }) => {
        const widget = widgets.get(namespace, name);
        if (widget !== undefined && widget.metadata.deletionTimestamp === undefined) {
          await seeTo(widget, signal);
          if (widget.status?.phase !== 'Ready') {
            const ready = { status: { phase: 'Ready' } };
            await client.merge(WIDGETS, namespace, name, ready, { subresource: 'status', signal });
          }
        }
        if (++passes === expected) say('reconciled');
        return done;
      },
    }),
  );
  await operator.start();
  say('synced');
  process.on('SIGTERM', () => void operator.stop().then(() => process.exit(0)));
}

/** What the Go program does: nothing but make the ConfigMap where there is none. */
function creating({ client, cache }) {
  const maps = cache.informer(CONFIG_MAPS);
  return async (widget, signal) => {
    const { namespace, name } = widget.metadata;
    if (maps.get(namespace, name) !== undefined) return;
    const map = configMap(widget);
    const metadata = { ...map.metadata, namespace, ownerReferences: [ownerReference(widget)] };
    try {
      await client.create(CONFIG_MAPS, { ...map, metadata }, { signal });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  };
}

/** As most operators of this SDK do: undoes drift, removes what is no longer rendered. The Go program applies where there is none. */
function applying({ client, cache }) {
  const applier = new Applier({ client, cache, fieldManager: 'bench', inventory: [CONFIG_MAPS] });
  return (widget, signal) => applier.apply([configMap(widget)], widget, { signal });
}

function configMap({ metadata: { name }, spec: { size } }) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { size: String(size) } };
}

async function cacheOnly(metadataOnly) {
  const cache = new WatchCache(common);
  await cache.informer(CONFIG_MAPS, { metadataOnly }).synced();
  say('synced');
  process.on('SIGTERM', () => process.exit(0));
}

if (args.mode === 'controller') await controller();
else await cacheOnly(args.mode === 'metadata');
