import type { PlannedTuning, RuntimeNeed, Workspace } from '@kaito-sdk/core';
import { methodOf } from './method.js';

type Tuning = NonNullable<Workspace['tuning']>;

/** What the Plan says about the way from the data to the adapter. */
export function plannedTuning({ workspace, preset }: RuntimeNeed, tools: string, retries: number): PlannedTuning {
  const tuning = workspace.tuning ?? {};
  return {
    method: methodOf(workspace),
    toolsImage: tools,
    ...(ownConfig(tuning) === undefined ? {} : { config: ownConfig(tuning) as string }),
    input: plannedInput(tuning.input ?? {}),
    output: plannedOutput(tuning.output ?? {}),
    ...(preset.adapterTargets === undefined ? {} : { targets: preset.adapterTargets }),
    retries,
  };
}

/** KAITO's names of its own templates mean the template here too: there is one for each method, and it is rendered. */
const TEMPLATES: ReadonlySet<string> = new Set(['lora-params-template', 'qlora-params-template']);

/** The ConfigMap that the user brings, if any. */
export function ownConfig({ config }: Tuning): string | undefined {
  return config === undefined || config === '' || TEMPLATES.has(config) ? undefined : config;
}

function plannedInput({ urls = [], image, volumeSource }: NonNullable<Tuning['input']>): PlannedTuning['input'] {
  if (urls.length > 0) return { kind: 'urls', from: urls.map(withoutQuery) };
  if (image) return { kind: 'image', from: [image] };
  return { kind: 'volume', from: [volumeText(volumeSource)] };
}

function plannedOutput({ image, volumeSource }: NonNullable<Tuning['output']>): PlannedTuning['output'] {
  return image ? { kind: 'image', to: image } : { kind: 'volume', to: volumeText(volumeSource) };
}

/** An address without what may be a key in it: user, query and fragment. */
export function withoutQuery(address: string): string {
  if (!URL.canParse(address)) return address.replace(/[?#].*$/s, '');
  const { protocol, host, pathname } = new URL(address);
  return `${protocol}//${host}${pathname}`;
}

/** `persistentVolumeClaim data`: kind and name of a volume. */
function volumeText(volume: Readonly<Record<string, unknown>> = {}): string {
  const [kind = 'a volume'] = Object.keys(volume);
  const { claimName, path, server } = (volume[kind] ?? {}) as Readonly<Record<string, unknown>>;
  const name = [claimName, server, path].find((one) => typeof one === 'string');
  return typeof name === 'string' ? `${kind} ${name}` : kind;
}
