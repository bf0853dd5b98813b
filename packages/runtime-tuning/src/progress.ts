import { jsonNumber as number, jsonObject as object, type ProgressReport, jsonString as string } from '@kaito-sdk/core';

/**
 * Reads a line that a program of a tuning printed. The programs write one JSON object a line; libraries between them write whatever
 * they like, and that is no progress.
 */
export function readProgress(line: string): ProgressReport | undefined {
  if (!line.startsWith('{')) return undefined;
  let facts: ReturnType<typeof object>;
  try {
    facts = object(JSON.parse(line));
  } catch {
    return undefined;
  }
  const message = string(facts.message);
  switch (facts.event) {
    case 'step':
      return step(facts);
    case 'adapted':
      return {
        message: `${number(facts.layers)} layers are adapted`,
        event: { type: 'Normal', reason: 'TuningAdapted' },
      };
    case 'resumed':
      return {
        message: `goes on from ${string(facts.checkpoint) ?? 'a checkpoint'}`,
        event: { type: 'Normal', reason: 'TuningResumed' },
      };
    case 'interrupted':
      return {
        message: message ?? 'the training was interrupted',
        event: { type: 'Warning', reason: 'TuningInterrupted' },
      };
    case 'warning':
      return { message: message ?? 'a warning', event: { type: 'Warning', reason: 'TuningWarning' } };
    case 'push-failed':
      return { message: message ?? 'the push failed', event: { type: 'Warning', reason: 'PushFailed' } };
    case 'completed':
      return { message: 'the training is done; the result is being kept' };
    default:
      return undefined;
  }
}

function step(facts: ReturnType<typeof object>): ProgressReport {
  const figures = {
    step: number(facts.step),
    steps: number(facts.steps),
    loss: number(facts.loss),
    etaSeconds: number(facts.etaSeconds),
    tokensPerSecond: number(facts.tokensPerSecond),
    peakMemoryBytes: number(facts.peakMemoryBytes),
  };
  const { loss, etaSeconds, tokensPerSecond } = figures;
  const pace = tokensPerSecond > 0 ? `, ${Math.round(tokensPerSecond)} tokens/s` : '';
  return {
    message: `step ${figures.step} of ${figures.steps}, loss ${loss.toFixed(3)}, ${duration(etaSeconds)} left${pace}`,
    figures,
  };
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
