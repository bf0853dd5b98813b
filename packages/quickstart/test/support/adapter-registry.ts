import { join } from 'node:path';
import { tinyAdapters } from '@kaito-sdk/inference-server';
import { pushImage } from '@kaito-sdk/oci';
import { type FakeLogin, FakeRegistry, type ServedRegistry, serveRegistry } from '@kaito-sdk/oci/testing';

/** A registry of this machine with the tiny model's adapters as images, in place of a public one. */
export class AdapterRegistry {
  private constructor(
    readonly registry: FakeRegistry,
    private readonly served: ServedRegistry,
  ) {}

  static async start(): Promise<AdapterRegistry> {
    const registry = new FakeRegistry();
    return new AdapterRegistry(registry, await serveRegistry(registry));
  }

  get host(): string {
    return this.served.host;
  }

  /** Pushes one of the adapters as KAITO's tuning does: two files under `/data`. Answers the digest. */
  async push(repository: string, adapter: keyof typeof tinyAdapters, tag = '0.0.1'): Promise<string> {
    const files = ['adapter_config.json', 'adapter_model.safetensors'].map((name) => ({
      path: `data/${name}`,
      from: { file: join(tinyAdapters[adapter], name) },
    }));
    const { digest } = await pushImage({ ref: `${this.host}/${repository}:${tag}`, files });
    return digest;
  }

  /** From now on only who logs in is let in. */
  guard(login: FakeLogin): void {
    this.registry.login = login;
  }

  async close(): Promise<void> {
    await this.served.close();
  }
}

/** A Secret of type kubernetes.io/dockerconfigjson. */
export function pullSecret(name: string, host: string, username: string, password: string) {
  const auths = { [host]: { auth: Buffer.from(`${username}:${password}`).toString('base64') } };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/dockerconfigjson',
    metadata: { name, namespace: 'default' },
    data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') },
  };
}
