/**
 * Addresses for pods out of 10.244.0.0/16, as kubeadm's usual pod network. They are fictitious: nothing listens there, and
 * whoever wants to talk to a pod asks for its endpoint. An address comes back into use as late as possible.
 */
export class PodAddresses {
  readonly #used = new Set<number>();
  #last = 1;

  take(): string {
    for (let tries = 0; tries < 65_000; tries++) {
      this.#last = this.#last >= 65_534 ? 2 : this.#last + 1;
      if (this.#used.has(this.#last)) continue;
      this.#used.add(this.#last);
      return `10.244.${this.#last >> 8}.${this.#last & 255}`;
    }
    throw new Error('no pod address is left in 10.244.0.0/16: delete some pods');
  }

  give(address: string): void {
    const [, , high = '0', low = '0'] = address.split('.');
    this.#used.delete(Number(high) * 256 + Number(low));
  }
}
