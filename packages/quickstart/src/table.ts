import type { Transport } from '@kaito-sdk/core';
import { exchange } from './exchange.js';

interface Table {
  readonly columnDefinitions: readonly { readonly name: string; readonly priority?: number }[];
  readonly rows: readonly { readonly cells: readonly unknown[] }[];
}

/** What `kubectl get` prints for a path: the server makes the table, the client only lays it out (three spaces, upper case). */
export async function kubectlTable(transport: Transport, path: string): Promise<string> {
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  const { status, body } = await exchange(transport, { method: 'GET', path, headers: { accept } });
  if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${body}`);
  return layOut(JSON.parse(body) as Table);
}

function layOut({ columnDefinitions, rows }: Table): string {
  const shown = columnDefinitions.flatMap((column, i) => ((column.priority ?? 0) === 0 ? [i] : []));
  const lines = [
    shown.map((i) => columnDefinitions[i]?.name.toUpperCase() ?? ''),
    ...rows.map(({ cells }) => shown.map((i) => text(cells[i]))),
  ];
  const widths = shown.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd((widths[i] ?? 0) + 3))
        .join('')
        .trimEnd(),
    )
    .join('\n');
}

function text(cell: unknown): string {
  return cell === null || cell === undefined || cell === '' ? '<none>' : String(cell);
}
