import type { Ask } from './cloud-identity.js';
import { LoaderError } from './loader-error.js';

/** Loading is computing for the engine: other requests come first. */
const CHANGE_MS = 120_000;
const LOOK_MS = 10_000;

/** What the sidecar asks of an engine. */
export interface EngineRoutes {
  /** Adapters that are served, with the folder each came from; undefined while nobody answers. */
  served(): Promise<ReadonlyMap<string, string> | undefined>;
  /** Serves one under a name, in place of what was served under it. */
  load(name: string, path: string, inPlace: boolean): Promise<void>;
  unload(name: string): Promise<void>;
}

/** The paths of vLLM (0.32 and those before that know `load_inplace`), which answer to this pod's own loopback only. */
export function vllmRoutes(url: string, ask: Ask): EngineRoutes {
  const post = async (path: string, body: object): Promise<void> => {
    const answer = await ask(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(CHANGE_MS),
    });
    const text = await answer.text();
    if (!answer.ok) throw refused(answer.status, path, text);
  };
  return {
    async served() {
      let answer: Response;
      try {
        answer = await ask(`${url}/v1/models`, { signal: AbortSignal.timeout(LOOK_MS) });
      } catch {
        return undefined;
      }
      if (answer.status >= 500) return undefined;
      if (!answer.ok) throw refused(answer.status, '/v1/models', await answer.text());
      const { data = [] } = (await answer.json()) as {
        readonly data?: readonly { readonly id?: string; readonly root?: string; readonly parent?: string | null }[];
      };
      return new Map(data.flatMap(({ id, root = '', parent }) => (id && parent ? [[id, root] as const] : [])));
    },
    load: (name, path, inPlace) =>
      post('/v1/load_lora_adapter', { lora_name: name, lora_path: path, ...(inPlace ? { load_inplace: true } : {}) }),
    unload: (name) => post('/v1/unload_lora_adapter', { lora_name: name }),
  };
}

function refused(status: number, path: string, text: string): LoaderError {
  const said = text.trim().slice(0, 300);
  return new LoaderError('ENGINE_REFUSED', `the engine answered ${status} to ${path}${said === '' ? '' : `: ${said}`}`);
}
