import { adoptCommand } from './adopt.js';
import { chatCommand } from './chat.js';
import type { Command } from './command.js';
import { completionCommand } from './completion.js';
import { crdsCommand } from './crds.js';
import { createCommand } from './create.js';
import { devCommand } from './dev.js';
import { instancesCommand } from './instances.js';
import { logsCommand } from './logs.js';
import { operatorCommand, runCommand } from './operator.js';
import { planCommand } from './plan.js';
import { pluginsCommand } from './plugins.js';
import { modelsCommand, presetsCommand } from './presets.js';
import { renderCommand } from './render.js';
import { statusCommand } from './status.js';
import { waitCommand } from './wait.js';
import { whyCommand } from './why.js';

/** Every subcommand, in the order of the overview. */
export const commands: readonly Command[] = [
  operatorCommand,
  runCommand,
  planCommand,
  renderCommand,
  whyCommand,
  statusCommand,
  waitCommand,
  logsCommand,
  chatCommand,
  presetsCommand,
  modelsCommand,
  instancesCommand,
  pluginsCommand,
  crdsCommand,
  adoptCommand,
  devCommand,
  createCommand,
  completionCommand,
];
