// What this bench is asked, and how its result reads as a table: docs/reference/benchmarks.md.
export const question = 'Does QLoRA of Phi-3-mini take the memory that the planner says?';
export const peer = 'the planner’s prediction';
export const conditions = 'one GPU of at least 8 GiB, 2,048 tokens';

export function rows({ usedBytes, predictedBytes, ratio }) {
  const gib = (bytes) => Number((bytes / 2 ** 30).toFixed(2));
  return [
    { what: 'peak memory of the GPU', unit: 'GiB', ours: gib(usedBytes), peer: gib(predictedBytes) },
    { what: 'the same', unit: 'of the peer’s', ours: ratio },
  ];
}
