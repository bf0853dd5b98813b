// What the operator is held to, and whether this run kept it.

/** One line a goal. A size that was not run has no line. */
export function goals({ ours, kaito }) {
  const most = (what, goal, found) => ({ what, goal, found, met: found <= goal });
  const least = (what, goal, found) => ({ what, goal, found, met: found >= goal });
  const lines = [most('one Workspace to ready, ms', 200, ours[1].readyMs)];
  for (const [size, figures] of Object.entries(ours).filter(([size]) => size !== '1')) {
    lines.push(
      most(`writes each at ${size}`, 9, figures.writesEach),
      most(`writes after a restart over ${size}, those of one new Workspace among them`, 9, figures.restart.writes),
    );
  }
  if (ours[500]) lines.push(least('Workspaces a second at 500', 40, ours[500].perSecond));
  if (ours[1000]) lines.push(most('peak memory at 1000, MB', 120, ours[1000].peakMB));
  if (ours[500] && ours[5000]) {
    const ratio = (figure) => Number((ours[5000][figure] / ours[500][figure]).toFixed(2));
    lines.push(most('CPU each at 5000 to that at 500', 1, ratio('cpuMsEach')));
    lines.push(least('rate at 5000 to that at 500', 1, ratio('perSecond')));
  }
  if (ours[100] && kaito[100]) {
    lines.push(least("rate to KAITO's at 100", 20, Number((ours[100].perSecond / kaito[100].perSecond).toFixed(1))));
  }
  return lines;
}
