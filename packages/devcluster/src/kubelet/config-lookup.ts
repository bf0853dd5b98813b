import type { ClusterClient } from '../client.js';
import { kinds } from '../kinds.js';

/** A ConfigMap or Secret that a pod needs is not there, or lacks a key. The words are the real kubelet's. */
export class MissingConfig extends Error {
  override readonly name = 'MissingConfig';
}

/** The data of one ConfigMap or Secret, decoded to bytes. */
export type ConfigData = ReadonlyMap<string, Buffer>;

/** Gives out a bearer token that stands for a service account; undefined where there is no such account. */
export type TokenSource = (namespace: string, account: string) => Promise<string | undefined>;

/** Reads ConfigMaps and Secrets for one pod, live, as the kubelet does when it starts a container. */
export class ConfigLookup {
  constructor(
    readonly client: ClusterClient,
    readonly namespace: string,
    /** Undefined where nobody gives tokens out. */
    readonly tokens?: TokenSource,
  ) {}

  /** A token of a service account. @throws {@link MissingConfig} when there is no such account. */
  async token(account: string): Promise<string> {
    const token = await this.tokens?.(this.namespace, account);
    if (token !== undefined) return token;
    throw new MissingConfig(`failed to fetch token: serviceaccounts "${account}" not found`);
  }

  /** Undefined when there is none and it is optional. @throws {@link MissingConfig} */
  async load(kind: 'configmap' | 'secret', name: string, optional = false): Promise<ConfigData | undefined> {
    const object = await this.client.get(kind === 'secret' ? kinds.secrets : kinds.configMaps, this.namespace, name);
    if (object === undefined) {
      if (optional) return undefined;
      throw new MissingConfig(`${kind} "${name}" not found`);
    }
    const data = new Map<string, Buffer>();
    const encoding = kind === 'secret' ? 'base64' : 'utf8';
    for (const [key, value] of Object.entries((object.data ?? {}) as Record<string, string>)) {
      data.set(key, Buffer.from(value, encoding));
    }
    for (const [key, value] of Object.entries((object.binaryData ?? {}) as Record<string, string>)) {
      data.set(key, Buffer.from(value, 'base64'));
    }
    return data;
  }

  /** One key for an environment variable. */
  async key(kind: 'configmap' | 'secret', name: string, key: string, optional = false): Promise<string | undefined> {
    const data = await this.load(kind, name, optional);
    const value = data?.get(key);
    if (value === undefined && !optional) {
      const shown = kind === 'secret' ? 'Secret' : 'ConfigMap';
      throw new MissingConfig(`couldn't find key ${key} in ${shown} ${this.namespace}/${name}`);
    }
    return value?.toString('utf8');
  }
}
