import { KubeError, PODS } from '@kaito-sdk/core';
import type { AskedCluster } from '../commands/cluster.js';
import type { CommandIo } from '../commands/command.js';
import { whyOf } from '../story/why.js';
import { containerLog } from './container-log.js';
import { LogPrinter } from './log-printer.js';
import { type LogWish, podsOf } from './log-wish.js';
import { noContainer, notYet } from './no-log.js';
import { byAge, containerOf, factsOf, type LoggedPod } from './pod-facts.js';

/** Prints what the pods of a Workspace have printed so far, pod by pod, the older first. Answers the exit code. */
export async function printLogs(cluster: AskedCluster, wish: LogWish, io: CommandIo): Promise<number> {
  const { namespace, name, previous } = wish;
  const say = (words: string) => io.err(`kaito logs: ${words}\n`);
  const workspace = await cluster.workspace(namespace, name);
  if (!workspace) {
    say(`there is no Workspace ${namespace}/${name}; kaito status lists them`);
    return 1;
  }
  const { items } = await cluster.client.list<LoggedPod>(PODS, { namespace, labelSelector: podsOf(name) });
  const pods = items.toSorted(byAge);
  const sources = pods.flatMap((pod) => {
    const container = containerOf(pod, name, wish.container);
    return container === undefined ? [] : [{ pod, container }];
  });
  if (pods.length > 0 && sources.length === 0) {
    say(noContainer(pods, wish.container));
    return 1;
  }
  const printer = new LogPrinter(io, { ...wish, several: sources.length > 1 });
  let found = false;
  for (const { pod, container } of sources) {
    if (!previous && factsOf(pod, container).run === undefined) {
      say(notYet(pod, container));
      continue;
    }
    const print = printer.begin(pod.metadata.name, container);
    try {
      const source = { namespace, pod: pod.metadata.name, container };
      for await (const line of containerLog(cluster.attended, source, wish, io.signal)) print(line);
      found = true;
    } catch (error) {
      if (!KubeError.is(error) || (error.code !== 400 && error.code !== 404)) throw error;
      say(
        previous
          ? `container ${container} of pod ${pod.metadata.name} has no run before the present one`
          : error.message,
      );
    }
  }
  if (found) return 0;
  if (pods.length === 0) say(`${namespace}/${name} has no pod${previous ? '' : ' yet'}`);
  const why = whyOf(workspace, [], cluster.clock.now());
  if (!previous || pods.length === 0) io.err(`${why.sentence}\nnext: ${why.next}\n`);
  return 1;
}
