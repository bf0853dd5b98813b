/** What goes wrong with a claim. A fault is used up by one claim, however often that is retried. */
export type ClaimFault =
  /** The cloud refuses. Launched stays Unknown with this reason; after `attempts` tries (default: for ever) it works. */
  | { readonly kind: 'launch-fails'; readonly reason?: string; readonly message: string; readonly attempts?: number }
  /** The cloud has none left: Karpenter deletes the claim itself, with a Warning event (Karpenter core 1.14). */
  | { readonly kind: 'no-capacity'; readonly message?: string }
  /** The cloud never answers. */
  | { readonly kind: 'never-launches' }
  /** The machine runs and is billed, and no Node ever appears. */
  | { readonly kind: 'never-joins' }
  /** The Node is Ready, and its GPUs never appear. */
  | { readonly kind: 'never-shows-gpu' };
