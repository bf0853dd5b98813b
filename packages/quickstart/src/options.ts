import { parseArgs } from 'node:util';

export interface QuickstartOptions {
  /** End after the first answer. */
  readonly once: boolean;
  /** The manifest to apply. */
  readonly file: string | undefined;
  readonly prompt: string;
  /** Who gets the nodes: Karpenter, or Azure through its own SDK. Either cloud is simulated. */
  readonly provisioner: 'karpenter' | 'aks';
  /** How long the simulated cloud takes for a node. */
  readonly nodeDelayMs: number;
  /** How long to wait for the Workspace before giving up. */
  readonly timeoutMs: number;
  readonly output: 'text' | 'json';
  /** The operator's log on standard error. */
  readonly verbose: boolean;
  readonly help: boolean;
}

/** A mistake on the command line: said in one line, exit code 2. */
export class UsageError extends Error {}

export const usage = `Usage: npm start -- [options]

Starts a Kubernetes cluster in this process, applies a Workspace, and asks the model a question.
No GPU, no cloud account and no cluster is needed. A tiny stand-in model (1M parameters) answers.

  --once               end after the first answer (exit code 0, or 1 with the reason)
  --file FILE          the manifest to apply      [examples/inference/kaito_workspace_phi_3.yaml]
  --prompt TEXT        the question to ask        ["What is Kubernetes?"]
  --provisioner NAME   who gets the nodes: karpenter, or aks (the real Azure SDK) [karpenter]
  --node-delay TIME    how long the cloud takes for a node: 500ms, 5s, 2m   [3s]
  --timeout TIME       when to give up waiting for the Workspace            [2m]
  --output text|json   json: one JSON object at the end, with --once        [text]
  --verbose            the operator's log on standard error
  --help               this text

Exit codes: 0 answered; 1 something failed, with the reason; 2 wrong usage; 130 interrupted before the answer.
`;

/** Reads the command line. @throws {UsageError} that names the option and what it takes */
export function readOptions(args: readonly string[]): QuickstartOptions {
  const values = parsed(args);
  const output = values.output ?? 'text';
  if (output !== 'text' && output !== 'json') throw new UsageError(`--output takes text or json, not "${output}"`);
  if (output === 'json' && !values.once) throw new UsageError('--output json goes with --once');
  const provisioner = values.provisioner ?? 'karpenter';
  if (provisioner !== 'karpenter' && provisioner !== 'aks') {
    throw new UsageError(`--provisioner takes karpenter or aks, not "${provisioner}"`);
  }
  if (values.prompt?.trim() === '') throw new UsageError('--prompt must not be empty');
  return {
    once: values.once ?? false,
    file: values.file,
    prompt: values.prompt ?? 'What is Kubernetes?',
    provisioner,
    nodeDelayMs: duration('--node-delay', values['node-delay'] ?? '3s'),
    timeoutMs: duration('--timeout', values.timeout ?? '2m'),
    output,
    verbose: values.verbose ?? false,
    help: values.help ?? false,
  };
}

function parsed(args: readonly string[]) {
  try {
    const options = {
      once: { type: 'boolean' },
      file: { type: 'string', short: 'f' },
      prompt: { type: 'string', short: 'p' },
      provisioner: { type: 'string' },
      'node-delay': { type: 'string' },
      timeout: { type: 'string' },
      output: { type: 'string', short: 'o' },
      verbose: { type: 'boolean', short: 'v' },
      help: { type: 'boolean', short: 'h' },
    } as const;
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

function duration(option: string, text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? [];
  const factor = unit === undefined ? (amount === '0' ? 1 : undefined) : UNITS[unit];
  if (amount === undefined || factor === undefined) {
    throw new UsageError(`${option} takes a time such as 500ms, 5s or 2m, not "${text}"`);
  }
  return Number(amount) * factor;
}
