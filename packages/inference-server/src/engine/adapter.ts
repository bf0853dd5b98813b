/** An adapter to be served beside its base model. */
export interface AdapterSpec {
  /** What clients ask for. */
  readonly name: string;
  /** A PEFT folder, or an adapter as a GGUF file. */
  readonly path: string;
  /** Where it came from, as whoever asked for it calls the place. @default `path` */
  readonly root?: string;
  /** How much of it is added to the base model, from 0 (nothing at all) to 1. */
  readonly strength: number;
}
