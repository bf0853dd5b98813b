import type { Workspace } from '@kaito-sdk/core';

export type Method = 'lora' | 'qlora';

/** How the Workspace tunes. Admission has refused everything but the two, in whatever case. */
export function methodOf(workspace: Workspace): Method {
  return workspace.tuning?.method?.toLowerCase() === 'lora' ? 'lora' : 'qlora';
}
