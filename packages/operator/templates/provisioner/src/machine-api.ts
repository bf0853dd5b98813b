/** What your machines are rented from. Replace it by the client of your own API. */
export interface MachineApi {
  /** False when the name is taken, by whomever. */
  rent(order: MachineOrder): Promise<boolean>;
  /** All machines, asked for over the network. */
  machines(): Promise<readonly Machine[]>;
  /** All machines as last seen, from a subscription: costs no request. */
  seen(): readonly Machine[];
  /** False when there is no such machine. */
  giveBack(name: string): Promise<boolean>;
}

export interface MachineOrder {
  readonly name: string;
  readonly size: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface Machine extends MachineOrder {
  readonly state: 'ordered' | 'on' | 'failed' | 'going';
  readonly node?: string;
  readonly nodeReady: boolean;
  readonly rentedAt: string;
  readonly error?: { readonly code: string; readonly message: string };
}
