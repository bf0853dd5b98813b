import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AdapterSpec } from './engine/adapter.js';

/** What a command line says about adapters. */
export interface AdapterArguments {
  /** Each `NAME=PATH`. */
  readonly named: readonly string[];
  /** KAITO's way: a folder with one folder an adapter, under its name. */
  readonly folder: string | undefined;
  /** Each `NAME=N`. */
  readonly strengths: readonly string[];
}

/**
 * The adapters that are asked for. A strength that no argument gives is that of the environment variable with the adapter's name, as KAITO
 * passes it, else 1.
 *
 * @throws Error with the argument to blame
 */
export function readAdapters(
  { named, folder, strengths }: AdapterArguments,
  env: Readonly<Record<string, string | undefined>>,
): readonly AdapterSpec[] {
  const paths = [
    ...(folder === undefined ? [] : adaptersIn(folder)),
    ...named.map((text) => pair('--adapter', text, 'PATH')),
  ];
  const given = new Map(strengths.map((text) => pair('--adapter-strength', text, 'N')));
  const names = paths.map(([name]) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`the adapter ${twice} is given twice`);
  for (const name of given.keys())
    if (!names.includes(name)) throw new Error(`--adapter-strength ${name}: there is no adapter of that name`);
  return paths.map(([name, path]) => ({ name, path, strength: strength(name, given.get(name) ?? env[name] ?? '1') }));
}

/** Folders that hold no adapter are passed over, as KAITO does. */
function adaptersIn(folder: string): readonly (readonly [string, string])[] {
  if (!existsSync(folder)) throw new Error(`--adapters-folder: there is no folder ${folder}`);
  return readdirSync(folder)
    .sort()
    .map((name) => [name, join(folder, name)] as const)
    .filter(([, path]) => existsSync(join(path, 'adapter_config.json')));
}

/** The two sides of the first equals sign. @throws Error that names the argument */
export function pair(argument: string, text: string, what: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1)
    throw new Error(`${argument} must be ${what === 'FOLDER' ? 'PATH' : 'NAME'}=${what}, got ${text}`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function strength(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1))
    throw new Error(`the strength of adapter ${name} must be a number from 0 to 1, got ${text}`);
  return value;
}
