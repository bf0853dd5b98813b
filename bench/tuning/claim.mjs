// What this bench is asked, and how its result reads as a table: docs/reference/benchmarks.md.
export const question = 'Does QLoRA learn more with the layers that are adapted here than with KAITO’s default ones?';
export const peer = 'the target layers of KAITO’s template for Phi-3';
export const conditions =
  'the tiny Phi-3 on the processor, PEFT directly, 30 steps of 8 rows with the same seed and settings';

export function rows({ kaito, ours }) {
  const both = (what, unit, figure) => ({ what, unit, ours: ours[figure], peer: kaito[figure] });
  return [
    both('linear layers adapted, of 16', undefined, 'layersAdapted'),
    both('loss, first step', undefined, 'firstLoss'),
    both('loss, mean of the last three steps', undefined, 'lastLoss'),
    both('peak memory of the process', 'MiB', 'peakMiB'),
  ];
}
