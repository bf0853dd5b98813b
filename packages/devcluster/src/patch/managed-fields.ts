import type { KubeObject } from '../objects.js';
import type { Resource } from '../registry/resource.js';
import { sameJson } from '../store/json.js';

/** Who writes, as it will stand in `metadata.managedFields`. */
export interface FieldEntry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly time: string;
  readonly subresource?: string;
}

export function trackUpdate(
  _resource: Resource,
  _live: KubeObject | undefined,
  _next: KubeObject,
  _entry: FieldEntry,
): void {}

export function sameManagedFields(a: unknown, b: unknown): boolean {
  return sameJson(a, b);
}
