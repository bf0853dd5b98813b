import type { Condition, ObjectMeta } from '../kube/objects.js';
import type { Infeasible, Plan } from '../plan/plan.js';

/** A model on GPU nodes: `kaito.sh` Workspace. `resource`, `inference`, `tuning` and `status` are top-level fields; there is no `spec`. */
export class Workspace {
  [field: string]: unknown;
  apiVersion!: string;
  kind!: string;
  metadata!: ObjectMeta;
  resource!: ResourceSpec;
  inference?: InferenceSpec;
  tuning?: TuningSpec;
  status?: WorkspaceStatus;
}

export class ResourceSpec {
  count?: number;
  instanceType?: string;
  labelSelector!: LabelSelector;
  preferredNodes?: string[];
}

export class LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: unknown[];
}

export class InferenceSpec {
  preset?: PresetSpec;
  template?: Record<string, unknown>;
  config?: string;
  adapters?: AdapterSpec[];
}

export class PresetSpec {
  name!: string;
  accessMode?: string;
  presetOptions?: PresetOptions;
}

export class PresetOptions {
  image?: string;
  imagePullSecrets?: string[];
  modelAccessSecret?: string;
}

export class AdapterSpec {
  source?: DataSource;
  strength?: string;
}

export class DataSource {
  name?: string;
  urls?: string[];
  volumeSource?: Record<string, unknown>;
  image?: string;
  imagePullSecrets?: string[];
}

export class DataDestination {
  volumeSource?: Record<string, unknown>;
  image?: string;
  imagePushSecret?: string;
}

export class TuningSpec {
  preset?: PresetSpec;
  method?: string;
  config?: string;
  input?: DataSource;
  output?: DataDestination;
}

export class WorkspaceStatus {
  workerNodes?: string[];
  conditions?: Condition[];
  state?: string;
  targetNodeCount?: number;
  plan?: Plan | Infeasible;
}
