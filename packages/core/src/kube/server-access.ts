/** What a connection to one API server needs besides the request. */
export interface Credentials {
  /** Lower-case names; `authorization` above all. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsMaterial;
}

/** The TLS side of an identity, as `node:tls` takes it. */
export interface TlsMaterial {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** Where an API server is and how we prove who we are. */
export interface ServerAccess {
  /** Such as `https://10.0.0.1:443`; a path is put before every request's. */
  readonly server: string;
  /** Read before use again and again: tokens and certificates rotate. `fresh` asks for more than a cached answer. */
  credentials(fresh: boolean): Promise<Credentials>;
}
