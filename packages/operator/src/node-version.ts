import { readFileSync } from 'node:fs';

/** What to say on a Node that is too old for this package, by the `engines` of its package.json; undefined on one that will do. */
export function tooOld(running: string): string | undefined {
  const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const needed: string = engines.node.replace('>=', '');
  const [is, least] = [running, needed].map((version) => version.split('.').map(Number));
  const differs = least?.findIndex((part, index) => part !== is?.[index]) ?? -1;
  if (differs === -1 || (is?.[differs] ?? 0) > (least?.[differs] ?? 0)) return undefined;
  return `kaito needs Node ${needed} or later, and this is ${running}. Install a later one (https://nodejs.org), or put one before it: npx --package node@24 --package @kaito-sdk/operator kaito`;
}
