import { Field, type LeasePolicy } from '@kaito-sdk/core';
import { HubModelSettings } from './hub-model-settings.js';
import { InstanceTypeSettings } from './instance-type-settings.js';
import { LeaseSettings } from './lease-settings.js';
import { HttpSettings, LogSettings, TracingSettings, WebhookSettings } from './service-settings.js';
import { WorkspaceDefaults } from './workspace-defaults.js';

/** What the operator image carries. */
const BUNDLED = [
  '@kaito-sdk/provider-aks',
  '@kaito-sdk/provider-karpenter',
  '@kaito-sdk/presets-phi',
  '@kaito-sdk/runtime-inference',
  '@kaito-sdk/runtime-tuning',
];

/**
 * The operator's configuration file (YAML). Everything has a default; an unknown key is an error. The class is the type, the
 * validation, the JSON schema and the reference page. Used as the type of plain values: there are no instances.
 */
export class OperatorConfig {
  @Field({
    items: 'string',
    default: BUNDLED,
    description: 'Plugins by npm package name, resolved as Node would from this file.',
  })
  readonly plugins!: readonly string[];

  @Field({
    type: 'object',
    preserveUnknownFields: true,
    default: {},
    description: 'Settings of plugins, by plugin name. Each plugin checks its own, and its page says what there is.',
  })
  readonly config!: Readonly<Record<string, unknown>>;

  @Field({ type: 'string', default: 'karpenter', description: 'Which provisioner gets nodes: of a plugin, or byo.' })
  readonly provisioner!: string;

  @Field({ type: () => WorkspaceDefaults, default: {}, description: 'What Workspaces get where they say nothing.' })
  readonly defaults!: WorkspaceDefaults;

  @Field({
    type: () => LeaseSettings,
    optional: true,
    description: 'Deadlines of nodes, memory of failures, and limits of claims and money.',
  })
  readonly leases?: Partial<LeasePolicy>;

  @Field({
    type: 'boolean',
    default: true,
    description:
      'Pull the images of a workload to its node while the driver and the device plugin are still starting there.',
  })
  readonly prePull!: boolean;

  @Field({
    type: 'boolean',
    default: false,
    description:
      'Let pod templates and volumes of Workspaces reach the node itself (host paths, privileged containers). Only where Pod Security guards every namespace.',
  })
  readonly nodeAccess!: boolean;

  @Field({
    type: 'string',
    optional: true,
    description: 'Region whose list prices are shown. The first that a price is known for.',
  })
  readonly region?: string;

  @Field({
    type: 'string',
    enum: ['exact', 'kaito'],
    default: 'exact',
    description: 'Whose rule says how many nodes a model takes: exact, ours, or kaito, the estimator of KAITO v0.12.0.',
  })
  readonly planner!: 'exact' | 'kaito';

  @Field({
    items: () => InstanceTypeSettings,
    default: [],
    description: 'Machines that no catalog has, prices of your own, and what else differs from a catalog.',
  })
  readonly instanceTypes!: readonly InstanceTypeSettings[];

  @Field({ items: () => HubModelSettings, default: [], description: 'Models of a hub by their own config.json.' })
  readonly models!: readonly HubModelSettings[];

  @Field({
    type: 'boolean',
    default: true,
    description: 'Take a Lease before acting. Needed when more than one replica runs.',
  })
  readonly leaderElection!: boolean;

  @Field({
    type: 'string',
    default: 'kaito-system',
    description: 'Namespace of the operator: of its Lease, its Service and the Secret with its certificate.',
  })
  readonly namespace!: string;

  @Field({ type: () => HttpSettings, default: {}, description: 'Health and metrics.' })
  readonly http!: HttpSettings;

  @Field({ type: () => LogSettings, default: {}, description: 'The log, on standard error.' })
  readonly log!: LogSettings;

  @Field({ type: () => TracingSettings, default: {}, description: 'Traces.' })
  readonly tracing!: TracingSettings;

  @Field({ type: () => WebhookSettings, default: {}, description: 'Admission webhooks.' })
  readonly webhooks!: WebhookSettings;
}
