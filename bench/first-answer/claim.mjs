// What this bench is asked, and how its result reads as a table: docs/reference/benchmarks.md.
export const question = 'How long from the command to the model’s answer, and how much of it is Kubernetes?';
export const peer = 'the bare inference server, asked the same';
export const conditions = 'npm start without the pace of a cloud (--node-delay 0), the tiny model; medians';

export function rows({ manifestToAnswerMs, bareServerMs, ratio }) {
  return [
    { what: 'to the first answer', unit: 'ms', ours: manifestToAnswerMs.median, peer: bareServerMs.median },
    { what: 'the same', unit: 'of the peer’s', ours: ratio.median },
  ];
}
