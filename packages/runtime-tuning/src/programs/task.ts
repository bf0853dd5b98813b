import { readFile } from 'node:fs/promises';

/** What the programs around a training are told: a file in a ConfigMap, so that no address stands in a command line. */
export interface Task {
  readonly input: {
    /** May hold keys in their queries: never to be printed as they are. */
    readonly urls?: readonly string[];
    readonly image?: string;
    /** The data lies in a volume already. */
    readonly volume?: boolean;
  };
  /** Where the adapter is pushed to; absent when it stays in a volume. */
  readonly output?: { readonly image: string; readonly secret: string };
  readonly method: 'lora' | 'qlora';
  readonly model: { readonly preset: string; readonly repository: string; readonly revision?: string };
  /** The ConfigMap of the user's, for messages. */
  readonly config?: string;
  /** Whether data may be fetched from private addresses. */
  readonly privateDataUrls: boolean;
  /** Whether registries may be spoken to without TLS. */
  readonly plainHttpRegistries: boolean;
}

/** Where things lie in the containers of a tuning. KAITO's places, where it has any. */
export const PLACES = {
  task: '/mnt/kaito/task.json',
  config: '/mnt/config/training_config.yaml',
  data: '/mnt/data',
  results: '/mnt/results',
  weights: '/workspace/tfs/weights',
  pushSecret: '/mnt/push',
  pullSecrets: '/mnt/pull',
  /** What the containers of one pod tell each other; in the results, so that it survives with them. */
  state: '/mnt/results/.kaito',
} as const;

export async function readTask(file: string): Promise<Task> {
  return JSON.parse(await readFile(file, 'utf8')) as Task;
}
