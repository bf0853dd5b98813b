import { Field } from '@kaito-sdk/core';

/** `defaults`: what Workspaces of this installation get where they say nothing themselves. */
export class WorkspaceDefaults {
  @Field({
    type: 'string',
    minLength: 1,
    optional: true,
    description: 'resource.instanceType. None: a machine that nobody named is not bought.',
  })
  readonly instanceType?: string;

  @Field({
    type: 'number',
    exclusiveMin: 0,
    optional: true,
    description:
      'resource.priceLimit: most US dollars an hour, at list prices, for all machines of one Workspace. No limit.',
  })
  readonly priceLimit?: number;
}

/**
 * A Workspace as this installation means it. The webhook writes it so; the operator reads it so, wherever the webhook was not asked: what
 * an installation limits must not hang on a server that was up at the time.
 */
export function withWorkspaceDefaults<T extends object>(workspace: T, defaults: WorkspaceDefaults): T {
  const { resource } = workspace as { readonly resource?: unknown };
  if (typeof resource !== 'object' || resource === null || Array.isArray(resource)) return workspace;
  const said = resource as Readonly<Record<string, unknown>>;
  const missing = Object.entries(defaults).filter(([key, value]) => value !== undefined && (said[key] ?? '') === '');
  return missing.length === 0 ? workspace : { ...workspace, resource: { ...resource, ...Object.fromEntries(missing) } };
}
