import { LoaderError } from '../loader/loader-error.js';
import { runLoader } from '../loader/run.js';

/** The loader's program, told where the mounts of its container lie on this machine. Ends with its standard input, too. */
const [machine = '{}', ...words] = process.argv.slice(2);
const { mounts, model } = JSON.parse(machine) as {
  readonly mounts: readonly { readonly mountPath: string; readonly hostPath: string }[];
  readonly model?: Parameters<typeof runLoader>[1]['model'];
};
const stopped = new Promise((resolve) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, resolve);
  process.stdin.on('end', resolve).on('close', resolve).on('error', resolve).resume();
});
const locate = (path: string): string => {
  const [holding] = mounts
    .filter(({ mountPath }) => path === mountPath || path.startsWith(`${mountPath}/`))
    .sort((a, b) => b.mountPath.length - a.mountPath.length);
  if (holding === undefined)
    throw new LoaderError('ADAPTER_INVALID', `ENOENT: no such file or directory, ${path}: nothing is mounted there`);
  return holding.hostPath + path.slice(holding.mountPath.length);
};
process.exit(await runLoader(words, { locate, ...(model === undefined ? {} : { model }) }, stopped));
