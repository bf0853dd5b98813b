import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { connect, jsonLog, type LogLevel, systemClock, textLog } from '@kaito-sdk/core';
import { configFrom } from '../config-file.js';
import { kaitoOperator } from '../kaito-operator.js';
import { installPlugins } from '../plugins.js';
import { UsageError } from '../usage-error.js';
import type { Command } from './command.js';

const LEVELS: readonly string[] = ['debug', 'info', 'warn', 'error'];

/** KAITO's own operator leads under this Lease: two operators for one API would fight over every object. */
const KAITO_LEASE = 'ef60f9b0.io';

/** `kaito run`: the operator, until it is told to stop. */
export const runCommand: Command = {
  name: 'run',
  summary: 'run the operator against the cluster of the kubeconfig, or of the pod it runs in',
  usage: `Usage: kaito run [options]

  --config FILE        the operator's configuration           [the bundled plugins]
  --kubeconfig FILE    [$KUBECONFIG, ~/.kube/config, or the service account of the pod]
  --context NAME       context of the kubeconfig              [its current one]
  --log-level LEVEL    debug, info, warn or error             [info]
  --log-format FORMAT  json or text                           [text on a terminal, else json]

Ends cleanly on SIGTERM and Ctrl-C. Exit codes: 0 told to stop; 1 failed, with the reason; 2 wrong usage.
`,
  async run(args, io) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        config: { type: 'string' },
        kubeconfig: { type: 'string' },
        context: { type: 'string' },
        'log-level': { type: 'string' },
        'log-format': { type: 'string' },
      },
    });
    const level = values['log-level'] ?? 'info';
    const format = values['log-format'] ?? (process.stderr.isTTY ? 'text' : 'json');
    if (!LEVELS.includes(level)) throw new UsageError(`--log-level takes ${LEVELS.join(', ')}, not "${level}"`);
    if (format !== 'json' && format !== 'text')
      throw new UsageError(`--log-format takes json or text, not "${format}"`);
    const makeLog = format === 'json' ? jsonLog : textLog;
    const log = makeLog({ clock: systemClock, level: level as LogLevel, write: (line) => io.err(`${line}\n`) });
    const { config, from } = await configFrom(values.config);
    const installed = await installPlugins(config, from, systemClock);
    const transport = await connect({
      clock: systemClock,
      ...(values.kubeconfig === undefined ? {} : { kubeconfig: values.kubeconfig }),
      ...(values.context === undefined ? {} : { context: values.context }),
    });
    const operator = kaitoOperator({
      installed,
      transport,
      clock: systemClock,
      random: Math.random,
      log,
      ...(config.leases === undefined ? {} : { leases: config.leases }),
      ...(config.leaderElection ? { leaderElection: leaderElection(config.namespace) } : {}),
    });
    await operator.start({ signal: io.signal });
    const failure = await operator.stopped;
    await transport.close?.();
    if (failure) throw failure;
    return 0;
  },
};

function leaderElection(namespace: string) {
  return {
    namespace,
    name: 'kaito-sdk',
    identity: `${hostname()}_${process.pid}`,
    standAsideFor: [KAITO_LEASE],
  };
}
