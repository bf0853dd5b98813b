// The reference operator as `kaito operator` starts it in a pod: with the files of a service account, which here lie in a folder
// of the bench, and so without the library that understands kubeconfigs (client-node takes 80 MB).
import { readFileSync } from 'node:fs';
import { HttpsTransport, inClusterAccess, jsonLog, systemClock } from '@kaito-sdk/core';
import { installPlugins, operatorConfig, serveOperator } from '@kaito-sdk/operator';

const [settings, account] = process.argv.slice(2);
const config = operatorConfig(JSON.parse(readFileSync(settings, 'utf8')), settings);
const transport = new HttpsTransport({ access: inClusterAccess(process.env, account), clock: systemClock });
await serveOperator({
  config,
  installed: await installPlugins(config, import.meta.filename, systemClock),
  transport,
  clock: systemClock,
  random: Math.random,
  log: jsonLog({ clock: systemClock, level: 'warn', write: (line) => process.stderr.write(`${line}\n`) }),
  signal: new AbortController().signal,
});
