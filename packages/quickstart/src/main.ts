#!/usr/bin/env node
import { createInterface } from 'node:readline/promises';
import { systemClock } from '@kaito-sdk/core';
import { whenNobodyReads } from '@kaito-sdk/operator';
import { QuickstartFailure } from './failure.js';
import { type QuickstartOptions, readOptions, UsageError, usage } from './options.js';
import { type Quickstart, quickstart } from './quickstart.js';
import { liveTimeline, plainTimeline, type TimelineSink } from './timeline.js';

const INTERRUPTED = 130;

const say = (text: string) => void process.stdout.write(text);
const complain = (text: string) => void process.stderr.write(text);

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    say(usage);
    return 0;
  }
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => interrupt.abort(new QuickstartFailure('interrupted')));
  }
  whenNobodyReads([process.stdout, process.stderr], () =>
    interrupt.abort(new QuickstartFailure('nobody listens any more')),
  );
  // With JSON output standard output belongs to the one object at the end; people read the rest on standard error.
  const timeline = timelineFor(options);
  let run: Quickstart;
  try {
    run = await quickstart(options, timeline, interrupt.signal);
  } catch (error) {
    if (interrupt.signal.aborted) return INTERRUPTED;
    throw error;
  }
  try {
    if (options.output === 'json') say(`${JSON.stringify(summary(run, options))}\n`);
    else report(run, options);
    if (!options.once) await stayUp(run, options, interrupt.signal);
    return 0;
  } finally {
    await run.stop();
    if (!options.once && options.output === 'text') say('Everything is stopped and removed.\n');
  }
}

function timelineFor(options: QuickstartOptions): TimelineSink {
  if (options.output === 'json') return plainTimeline(complain);
  if (!process.stdout.isTTY || process.env.NO_COLOR !== undefined) return plainTimeline(say);
  const started = systemClock.now();
  return liveTimeline({
    write: say,
    columns: () => process.stdout.columns ?? 80,
    elapsed: () => systemClock.now() - started,
    every: fiveTimesASecond,
  });
}

function fiveTimesASecond(tick: () => void): () => void {
  const timer = setInterval(tick, 200);
  return () => clearInterval(timer);
}

function report(run: Quickstart, options: QuickstartOptions): void {
  say(`\n$ kubectl get workspace\n${run.workspaceTable}\n\n$ kubectl get svc\n${run.serviceTable}\n`);
  say(
    `\nA stand-in with 1M parameters answers here, not the model of the manifest: it shows the machinery, not a language skill.\n`,
  );
  say(`\n> ${options.prompt}\n${run.answer}\n`);
}

function summary(run: Quickstart, options: QuickstartOptions): object {
  const { workspace, workspaceTable, serviceTable, answer, timeline } = run;
  return {
    workspace: workspace.metadata.name,
    prompt: options.prompt,
    answer,
    answeredBy: 'stand-in model, 1M parameters',
    tables: { workspace: workspaceTable.split('\n'), service: serviceTable.split('\n') },
    timeline,
  };
}

async function stayUp(run: Quickstart, options: QuickstartOptions, signal: AbortSignal): Promise<void> {
  const { name } = run.workspace.metadata;
  say(`
The cluster stays up until Ctrl-C. In another terminal:

  export KUBECONFIG=${run.cluster.kubeconfig}
  kubectl get workspaces,${options.provisioner === 'karpenter' ? 'nodeclaims,' : ''}nodes,pods
  kubectl describe workspace ${name}
  kubectl delete workspace ${name}

  curl -X POST ${run.url}/chat -H "Content-Type: application/json" -d '{"prompt":"What is a GPU?"}'

`);
  if (process.stdin.isTTY) return talk(run, signal);
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Takes questions until Ctrl-C or Ctrl-D. */
async function talk(run: Quickstart, signal: AbortSignal): Promise<void> {
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: 'ask> ' });
  // A terminal in line mode sends Ctrl-C to readline, not to the process.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  signal.addEventListener('abort', () => lines.close(), { once: true });
  lines.prompt();
  for await (const line of lines) {
    if (line.trim() !== '') {
      const answer = await run.ask(line.trim(), signal).catch((error: Error) => `(no answer: ${error.message})`);
      say(`${answer}\n`);
    }
    if (signal.aborted) break;
    lines.prompt();
  }
  if (!signal.aborted) say('\n');
}

try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof UsageError) {
    complain(`${error.message}\n(npm start -- --help tells the options)\n`);
    process.exitCode = 2;
  } else {
    const failure =
      error instanceof QuickstartFailure ? error.message : error instanceof Error ? error.stack : String(error);
    complain(`\nfailed: ${failure}\n`);
    process.exitCode = 1;
  }
}
