#!/usr/bin/env node
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@kaito-sdk/core';
import { checkData, describeData } from './check/check-data.js';
import { checkPush } from './check/check-push.js';
import { checkTemplate } from './check/check-template.js';
import { readSettings } from './check/settings.js';
import { FINAL_EXIT } from './exit-codes.js';
import { Failure } from './failure.js';
import { fetchData } from './fetch/fetch-data.js';
import { leaveLastWords } from './last-words.js';
import { awaitTraining } from './push/await-training.js';
import { pushAdapter } from './push/push-adapter.js';
import { TRAINING_STATE } from './push/state.js';
import type { Surroundings } from './surroundings.js';
import { PLACES, readTask, type Task } from './task.js';

const USAGE = `Usage: kaito-tuning check|fetch|push

The programs around a training, each in a container of its own.

  check   fetches the data, looks at it and at the settings, and tries the credentials for the push
  fetch   fetches the data and looks at it
  push    waits for the training beside it, and pushes the adapter

Exit codes: 0 done; ${FINAL_EXIT} failed, and trying again does not help; 1 failed, and another try may help; 64 wrong usage.
`;

const around: Surroundings = {
  clock: systemClock,
  random: Math.random,
  say: (event, facts = {}) => void process.stdout.write(`${JSON.stringify({ event, ...facts })}\n`),
};

/** Where things lie; everything below one folder in tests and on a machine without containers. */
const root = process.env.KAITO_TUNING_ROOT ?? '';
const at = (place: string): string => `${root}${place}`;

async function look(task: Task) {
  const settings = await readSettings(at(PLACES.config), task.method, task.config);
  await fetchData(task, at(PLACES.data), around, at(PLACES.pullSecrets));
  return { settings, data: await checkData(at(PLACES.data), settings.dataset) };
}

const commands: Readonly<Record<string, (task: Task) => Promise<Readonly<Record<string, unknown>>>>> = {
  async check(task) {
    await checkPush(task, at(PLACES.pushSecret));
    const { settings, data } = await look(task);
    const unknown = await checkTemplate(data, settings, task, process.env.HF_ENDPOINT);
    return {
      message: `${describeData(data)}${unknown === undefined ? '' : `; ${unknown}`}`,
      files: data.files.slice(0, 10),
    };
  },

  async fetch(task) {
    const { data } = await look(task);
    await mkdir(at(PLACES.state), { recursive: true });
    // In a volume that outlives the pod they tell of the training of another one, which the pusher must not take for this one's.
    for (const name of TRAINING_STATE) await rm(join(at(PLACES.state), name), { force: true });
    await writeFile(join(at(PLACES.state), 'dataset.json'), JSON.stringify(data.files));
    return { message: describeData(data) };
  },

  async push(task) {
    const state = at(PLACES.state);
    const training = await awaitTraining(state, around);
    if (training === undefined) return { note: 'the training failed: there is nothing to push' };
    const places = { results: at(PLACES.results), state, secret: at(PLACES.pushSecret) };
    const { pinned, layer } = await pushAdapter(task, training, places, around);
    return { message: `pushed as ${pinned}`, image: pinned, layer: layer.digest };
  },
};

async function main([name = '']: readonly string[]): Promise<number> {
  const command = commands[name];
  if (!command) {
    process.stderr.write(USAGE);
    return 64;
  }
  try {
    const words = await command(await readTask(at(PLACES.task)));
    around.say(`${name}-done`, words);
    await leaveLastWords(words);
    return 0;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { code, message, final } = error;
    around.say('failed', { code, message });
    await leaveLastWords({ code, message });
    return final ? FINAL_EXIT : 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
