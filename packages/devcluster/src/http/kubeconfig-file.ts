import { readFileSync, rmSync, writeFileSync } from 'node:fs';

/** As the one context, cluster and user of a devcluster are called in its kubeconfig. */
export const CONTEXT = 'kaito-devcluster';

/** The file holds what somebody else put there, and would be lost. */
export class KubeconfigTaken extends Error {
  constructor(readonly file: string) {
    super(
      `${file} is there already and is not the kubeconfig of a devcluster: it would be written over. Name a file that is not there`,
    );
    this.name = 'KubeconfigTaken';
  }
}

/**
 * Refuses a file that a devcluster would not be the first to lose: to other programs `--kubeconfig` is a file to read, and whoever names the
 * one with all his clusters here must not lose it. That of a devcluster of before leads nowhere any more.
 * @throws {KubeconfigTaken}
 */
export function refuseTaken(file: string): void {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const servers = text.match(/^\s*server:.*$/gm) ?? [];
  const ours = servers.length === 1 && text.includes(`\ncurrent-context: ${CONTEXT}\n`);
  if (text.trim() !== '' && !ours) throw new KubeconfigTaken(file);
}

/** Writes the kubeconfig of a devcluster, readable by its owner only: it holds the administrator's token. @throws {KubeconfigTaken} */
export function writeKubeconfig(file: string, text: string): void {
  refuseTaken(file);
  // The mode counts for new files only.
  rmSync(file, { force: true });
  writeFileSync(file, text, { mode: 0o600 });
}
