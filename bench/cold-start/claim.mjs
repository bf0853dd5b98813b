export const question =
  'What does a Workspace wait for between its claim and the first answer, and what of that happens at the same time?';
export const peer = 'KAITO, its own trace in a row';
export const conditions =
  'In virtual time on devcluster, with the phase times of KAITO’s own trace of a cold start (966 s; its parts add up to 963 s): the figures do not depend on the machine. How much of the 410 s to the node was driver and device plugin the trace does not say, so three shares are gone through, and two of the 352 s for the weights, where they are an image that is mounted. [Cold start](cold-start.md) tells phase by phase what overlaps.';

export function rows({ sequentialS, ...found }) {
  return Object.entries(found).flatMap(([name, figures]) => {
    const share = /^driver(\d+)s$/.exec(name)?.[1];
    if (share === undefined) return [];
    return [
      {
        what: `claim to ready, driver and device plugin ${share} s of the 410 s`,
        unit: 's',
        ours: figures.readyS,
        peer: sequentialS,
      },
      { what: `the same without the early pull of images`, unit: 's', ours: figures.withoutEarlyPullS },
      ...Object.entries(figures.weights).map(([weights, { readyS }]) => ({
        what: `the same with weights from an image, ${/\d+/.exec(weights)[0]} s of the 352 s`,
        unit: 's',
        ours: readyS,
      })),
    ];
  });
}
