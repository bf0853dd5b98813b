import { parseArgs } from 'node:util';
import { connect, jsonLog, systemClock, textLog } from '@kaito-sdk/core';
import { configSchema } from '../config/config-schema.js';
import { configFrom } from '../config-file.js';
import { installPlugins } from '../plugins.js';
import { serveOperator } from '../serve-operator.js';
import { UsageError } from '../usage-error.js';
import type { Command } from './command.js';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
const FORMATS = ['json', 'text'] as const;

/** `kaito operator`: the operator, until it is told to stop. */
export const operatorCommand: Command = {
  name: 'operator',
  summary: 'run the operator against the cluster of the kubeconfig, or of the pod it runs in',
  usage: `Usage: kaito operator [options]

  --config FILE        the operator's configuration           [the bundled plugins]
  --kubeconfig FILE    [$KUBECONFIG, ~/.kube/config, or the service account of the pod]
  --context NAME       context of the kubeconfig              [its current one]
  --log-level LEVEL    debug, info, warn or error             [log.level of the configuration]
  --log-format FORMAT  json or text                           [log.format; text on a terminal, else json]
  --check              only check the configuration and load the plugins it names
  --schema             only print the JSON schema of the configuration

Ends cleanly on SIGTERM and Ctrl-C. Exit codes: 0 told to stop, or nothing wrong; 1 failed, with the reason; 2 wrong usage.
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
        check: { type: 'boolean' },
        schema: { type: 'boolean' },
      },
    });
    const askedLevel = oneOf('--log-level', LEVELS, values['log-level']);
    const askedFormat = oneOf('--log-format', FORMATS, values['log-format']);
    if (values.schema === true) {
      io.out(`${JSON.stringify(configSchema(), null, 2)}\n`);
      return 0;
    }
    const { config, from } = await configFrom(values.config);
    const installed = await installPlugins(config, from, systemClock);
    if (values.check === true) {
      io.out(`${values.config ?? 'the built-in configuration'} is valid: ${config.plugins.join(', ')}\n`);
      return 0;
    }
    const format = askedFormat ?? config.log.format ?? (process.stderr.isTTY ? 'text' : 'json');
    const log = (format === 'json' ? jsonLog : textLog)({
      clock: systemClock,
      level: askedLevel ?? config.log.level,
      write: (line) => io.err(`${line}\n`),
    });
    const transport = await connect({
      clock: systemClock,
      ...(values.kubeconfig === undefined ? {} : { kubeconfig: values.kubeconfig }),
      ...(values.context === undefined ? {} : { context: values.context }),
    });
    try {
      await serveOperator({
        config,
        installed,
        transport,
        clock: systemClock,
        random: Math.random,
        log,
        signal: io.signal,
      });
    } finally {
      await transport.close?.();
    }
    return 0;
  },
};

/** `kaito run`: what it was called at first. */
export const runCommand: Command = {
  ...operatorCommand,
  name: 'run',
  summary: 'the same as operator',
  usage: operatorCommand.usage.replace('kaito operator', 'kaito run'),
};

function oneOf<T extends string>(option: string, known: readonly T[], value: string | undefined): T | undefined {
  if (value === undefined) return undefined;
  const found = known.find((one) => one === value);
  if (found === undefined) throw new UsageError(`${option} takes ${known.join(', ')}, not "${value}"`);
  return found;
}
