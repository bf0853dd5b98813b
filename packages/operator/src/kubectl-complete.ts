#!/usr/bin/env node
import { optionsOf } from './commands/completion.js';
import { commands } from './commands/index.js';

/*
 * What `kubectl kaito` may go on with. kubectl looks for a program of this name (`kubectl_complete-kaito`), gives it the words so far with the one
 * that is being written last, and reads one answer a line and then a colon with what the shell is to do besides.
 */

/** Nothing besides: no file names (cobra's ShellCompDirectiveNoFileComp). */
const NO_FILES = 4;
/** File names, where nothing is answered. */
const DEFAULT = 0;

const [name = '', ...rest] = process.argv.slice(2);
const word = rest.at(-1);
const command = commands.find((one) => one.name === name);
const [offers, besides] =
  word === undefined
    ? [commands.map((one) => `${one.name}\t${one.summary}`).filter((line) => line.startsWith(name)), NO_FILES]
    : word.startsWith('-')
      ? [command === undefined ? [] : optionsOf(command).filter((option) => option.startsWith(word)), NO_FILES]
      : [[], DEFAULT];
process.stdout.write(`${[...offers, `:${besides}`].join('\n')}\n`);
