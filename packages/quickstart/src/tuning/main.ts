#!/usr/bin/env node
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@kaito-sdk/core';
import { liveTimeline, plainTimeline } from '../timeline.js';
import { tuningDemo } from './demo.js';

const say = (text: string) => void process.stdout.write(text);
const home = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

say('Python of the training program (the first time 3 GB are downloaded) ...\n');
const install = join(home, 'runtime-tuning', 'trainer', 'install.sh');
const environment =
  process.env.KAITO_TRAINER ??
  execFileSync('bash', [install], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
const started = systemClock.now();
const elapsed = () => systemClock.now() - started;
const timeline =
  process.stdout.isTTY && process.env.NO_COLOR === undefined
    ? liveTimeline({ write: say, columns: () => process.stdout.columns ?? 80, elapsed, every: fiveTimesASecond })
    : plainTimeline(say);
const { question, before, after, image } = await tuningDemo({
  python: join(environment, 'bin', 'python'),
  timeline,
  elapsed,
});
say(`
A model of one million parameters was tuned here, not the one of the manifest: it shows the machinery, not a language skill.

> ${question}
  before: ${before}
  after:  ${after}

The adapter was ${image}. Everything is stopped and removed.
`);

function fiveTimesASecond(tick: () => void): () => void {
  const timer = setInterval(tick, 200);
  return () => clearInterval(timer);
}
