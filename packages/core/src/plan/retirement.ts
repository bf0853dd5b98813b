import type { InstanceType } from '../plugin/instance-catalog.js';

/** Where an instance type stands on a given day (`YYYY-MM-DD`; such days compare as strings). */
export function retirement(instance: InstanceType, today: string): 'offered' | 'announced' | 'retired' {
  if (instance.retiredOn === undefined) return 'offered';
  return instance.retiredOn <= today ? 'retired' : 'announced';
}
