import type { ModelPreset } from '../plugin/preset-pack.js';
import { type ArchitectureUnknown, architectureFromConfig } from './architecture-from-config.js';
import { gib } from './bytes.js';
import { weightBytes } from './model-memory.js';

/** A model of a hub, described by its own `config.json` and by what only its publisher's page says. */
export interface HubModel {
  /** What users will write in `preset.name`. */
  readonly name: string;
  /** `org/name`. */
  readonly repository: string;
  /** The commit to serve. Left out, the Plan prints that none is pinned. */
  readonly revision?: string;
  /** The parsed `config.json`, see {@link parseModelConfig}. */
  readonly config: unknown;
  /** Size of all weight files together. */
  readonly weightBytes?: number;
  /** SPDX id. @default 'unknown', which the Plan shows */
  readonly licence?: string;
  readonly gated?: boolean;
}

/** A preset for a model that no pack knows, sized by the same rules. Nothing is fetched. */
export function presetFromConfig(
  hub: HubModel,
): { readonly found: true; readonly preset: ModelPreset } | ArchitectureUnknown {
  const read = architectureFromConfig(
    hub.config,
    hub.weightBytes === undefined ? {} : { weightBytes: hub.weightBytes },
  );
  if (!read.found) return read;
  const { model, assumed } = read;
  const source = `config.json of ${hub.repository}`;
  const preset: ModelPreset = {
    name: hub.name,
    model,
    weights: {
      repository: hub.repository,
      gated: hub.gated ?? false,
      ...(hub.revision === undefined ? {} : { revision: hub.revision }),
    },
    licence: {
      spdx: hub.licence ?? 'unknown',
      source: hub.licence === undefined ? 'nobody said; unverified' : 'the configuration',
    },
    // KAITO v0.12.0's rule for any model: the weights and 80 GiB.
    diskBytes: gib(Math.floor(weightBytes(model) / 2 ** 30 + 80)),
    runtimes: {},
    sources: {
      model: source,
      diskBytes: 'the rule of KAITO v0.12.0: weights and 80 GiB',
      ...(hub.licence === undefined ? { licence: 'nobody said; unverified' } : {}),
      ...(assumed.length > 0 ? { 'model.assumed': `${source}: ${assumed.join('; ')}; unverified` } : {}),
    },
  };
  return { found: true, preset };
}
