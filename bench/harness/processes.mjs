// What a process has used so far, as Linux counts it (/proc).
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const ticks = 100; // USER_HZ: what /proc counts in, on every Linux that Node runs on

/** User and system time of a process so far. */
export function cpuMs(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return ((Number(stat[11]) + Number(stat[12])) * 1000) / ticks;
}

/** The most that a process has had in memory at once. */
export function peakMB(pid) {
  const [, peak] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Math.round(Number(peak) / 1024);
}

/** The process whose command line holds a text, such as the port that it was told to listen on. */
export function pidOf(text) {
  const says = (pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
    } catch {
      return false; // It has ended since it was listed.
    }
  };
  return readdirSync('/proc').find((pid) => /^\d+$/.test(pid) && says(pid));
}

/** Rejects after a while, so that a bench whose program hangs says so instead of hanging too. */
export async function late(what, patienceMs) {
  await pause(patienceMs, undefined, { ref: false });
  throw new Error(`${what} in ${patienceMs / 1000} s`);
}
