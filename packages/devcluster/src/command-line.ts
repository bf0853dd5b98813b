import { parseArgs } from 'node:util';

/** What `kaito-devcluster` was asked to do. */
export interface CommandLine {
  readonly port: number;
  /** Where to write the kubeconfig; undefined for a file in a fresh temporary directory. */
  readonly kubeconfig: string | undefined;
  /** A directory that keeps the cluster; undefined for one that ends with the process. */
  readonly data: string | undefined;
  /** A file that each request is written to. */
  readonly audit: string | undefined;
  /** A directory of CustomResourceDefinitions. */
  readonly crds: string | undefined;
  readonly nodes: number;
  readonly help: boolean;
}

/** Wrong input on the command line: the message is for the user, the exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const usage = `kaito-devcluster: a Kubernetes cluster in one process, for development and tests

Usage: kaito-devcluster [options]

  --port N         port of the API server on 127.0.0.1 (default: any free one)
  --kubeconfig F   write the kubeconfig to F (default: a file in a temporary directory)
  --data DIR       keep the cluster in DIR and go on from what is there (default: nothing is kept)
  --audit F        append each request to F, a JSON object a line, as an audit log at level Metadata
  --crds DIR       install the CustomResourceDefinitions in DIR (*.yaml, *.yml, *.json)
  --nodes N        number of nodes, each with 4 CPUs, 16Gi and one GPU (default: 1)
  --help           show this

Pods run by script, without any process: all start at once, those of Jobs end well after a second.
When it is up it prints one line, "ready <url> kubeconfig=<file>". Ctrl-C ends it. With --data, certificates and the
administrator's token stay the same too: with --port as well, a kubeconfig from before goes on working.`;

/** Reads the arguments. @throws {@link UsageError} that names the option and what it wants. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  let values: {
    port?: string;
    kubeconfig?: string;
    data?: string;
    audit?: string;
    crds?: string;
    nodes?: string;
    help?: boolean;
  };
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string' },
        kubeconfig: { type: 'string' },
        data: { type: 'string' },
        audit: { type: 'string' },
        crds: { type: 'string' },
        nodes: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (error) {
    // The first sentence says what is wrong; the rest is advice about Node's own parser.
    const [message = ''] = (error instanceof Error ? error.message : String(error)).split('. ');
    throw new UsageError(`${message.replace(/\.$/, '')}; kaito-devcluster --help lists the options`);
  }
  return {
    port: wholeNumber('--port', values.port ?? '0', 65_535),
    kubeconfig: values.kubeconfig,
    data: values.data,
    audit: values.audit,
    crds: values.crds,
    nodes: wholeNumber('--nodes', values.nodes ?? '1', 10_000),
    help: values.help ?? false,
  };
}

function wholeNumber(option: string, text: string, most: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > most) {
    throw new UsageError(`${option} wants a whole number from 0 to ${most}, not "${text}"`);
  }
  return number;
}
