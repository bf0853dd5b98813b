import type { KubeRequest, KubeResponse, Transport } from '../../kube/transport.js';
import { isWrite, type RequestFacts, requestFacts } from './request-facts.js';

/** One request that reached the server. */
export interface JournalEntry extends RequestFacts {
  /** Who sent it: the name given to {@link Journal.over}. */
  readonly by: string;
  readonly body: string | undefined;
  /** What the server answered; 0 while it has not. */
  readonly status: number;
}

/** Everything that was asked of a server, in order. */
export class Journal {
  private list: JournalEntry[] = [];

  /** A transport whose requests are written down under this name. */
  over(transport: Transport, by: string): Transport {
    return {
      request: async (request: KubeRequest): Promise<KubeResponse> => {
        const entry = { ...requestFacts(request), by, body: request.body, status: 0 };
        this.list.push(entry);
        const response = await transport.request(request);
        entry.status = response.status;
        return response;
      },
    };
  }

  get entries(): readonly JournalEntry[] {
    return this.list;
  }

  /** What may have changed something, of one resource or of all; leases left out unless asked for: they are renewed for ever. */
  writes(resource?: string): readonly JournalEntry[] {
    return this.list.filter(
      (entry) => isWrite(entry) && (resource === undefined ? entry.resource !== 'leases' : entry.resource === resource),
    );
  }

  /** Reads that are not watches. */
  reads(resource?: string): readonly JournalEntry[] {
    return this.list.filter(
      ({ verb, resource: of }) =>
        (verb === 'get' || verb === 'list') && (resource === undefined ? of !== 'leases' : of === resource),
    );
  }

  clear(): void {
    this.list = [];
  }
}

/** `patch configmaps/a`, for messages. */
export function entryText({ verb, resource, name, subresource, by }: JournalEntry): string {
  const object = `${resource}/${name ?? '*'}${subresource === undefined ? '' : `/${subresource}`}`;
  return `${verb} ${object} by ${by}`;
}
