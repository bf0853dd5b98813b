import { writeFile } from 'node:fs/promises';

/** Kubernetes cuts a termination message off at 4096 bytes. */
const LONGEST = 3000;

/** Leaves the last words of the container where the kubelet looks for them. Where nobody looks, standard output has them too. */
export async function leaveLastWords(words: Readonly<Record<string, unknown>>): Promise<void> {
  const { message } = words;
  const short =
    typeof message === 'string' && message.length > LONGEST
      ? { ...words, message: `${message.slice(0, LONGEST)}…` }
      : words;
  const file = process.env.TERMINATION_LOG ?? '/dev/termination-log';
  await writeFile(file, JSON.stringify(short)).catch(() => {});
}
