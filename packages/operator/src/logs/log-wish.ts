import { labelSelectorOf, labels } from '@kaito-sdk/core';

/** What `kaito logs` was asked for. */
export interface LogWish {
  readonly namespace: string;
  readonly name: string;
  readonly container?: string | undefined;
  readonly previous: boolean;
  readonly prefix: boolean;
  readonly timestamps: boolean;
  readonly tailLines?: number | undefined;
  /** RFC 3339. */
  readonly sinceTime?: string | undefined;
}

/** What every pod of a Workspace carries: of the model, of a tuning and of the look at its data. */
export function podsOf(name: string): string {
  return labelSelectorOf({ [labels.workspace]: name });
}
