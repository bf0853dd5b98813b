import { createInterface } from 'node:readline/promises';
import { text as consume } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { conditionTypes, getCondition, type Transport } from '@kaito-sdk/core';
import { whyOf } from '../story/why.js';
import { UsageError } from '../usage-error.js';
import { type AskedCluster, clusterOptions, clusterUsage, withCluster } from './cluster.js';
import type { Command, CommandIo } from './command.js';

/** `kaito chat`: a question to the model that a Workspace serves, through the API server. */
export const chatCommand: Command = {
  name: 'chat',
  summary: 'ask the model that a Workspace serves, through the API server',
  usage: `Usage: kaito chat NAME [PROMPT] [options]

  PROMPT                  one question; without it, questions are read from the terminal line by line, or the whole of standard input is one
  --max-tokens N          longest answer, in tokens       [the server's, 256]
${clusterUsage}
  -o, --output FORMAT     text, or json: {"prompt", "answer"}    [text]

The question goes to POST /chat of the Service by the proxy of the API server, so no port is opened; it takes the right to create services/proxy.
Exit codes: 0 it was answered; 1 it was not, with the reason; 2 wrong usage.
`,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        ...clusterOptions,
        output: { type: 'string', short: 'o' },
        'max-tokens': { type: 'string' },
      },
      allowPositionals: true,
    });
    const output = values.output ?? 'text';
    if (output !== 'text' && output !== 'json') throw new UsageError(`--output takes text or json, not "${output}"`);
    const maxTokens = tokensOf(values['max-tokens']);
    const [name, ...words] = positionals;
    if (name === undefined) throw new UsageError('which Workspace? give its name');
    const given = words.length > 0 ? words.join(' ') : undefined;
    if (given !== undefined && given.trim() === '') throw new UsageError('the prompt is empty');
    return withCluster(values, io, async (cluster, namespace) => {
      const unready = await whyUnready(cluster, namespace, name);
      if (unready !== undefined) {
        io.err(`kaito chat: ${unready}\n`);
        return 1;
      }
      const say = async (prompt: string): Promise<boolean> => {
        const answer = await ask(cluster.transport, { namespace, name, prompt, maxTokens, signal: io.signal });
        if ('problem' in answer) io.err(`kaito chat: ${answer.problem}\n`);
        else io.out(output === 'json' ? `${JSON.stringify({ prompt, answer: answer.text })}\n` : `${answer.text}\n`);
        return 'text' in answer;
      };
      if (given !== undefined) return (await say(given)) ? 0 : 1;
      if (process.stdin.isTTY) return converse(io, say);
      const prompt = (await consume(process.stdin)).trim();
      if (prompt === '') throw new UsageError('the prompt is empty: give one as an argument or on standard input');
      return (await say(prompt)) ? 0 : 1;
    });
  },
};

function tokensOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const tokens = Number(given);
  if (!Number.isSafeInteger(tokens) || tokens < 1)
    throw new UsageError(`--max-tokens takes a whole number, not "${given}"`);
  return tokens;
}

/** Why nobody would answer: told in the words of `kaito why`, before a request runs into a time-out. */
async function whyUnready(cluster: AskedCluster, namespace: string, name: string): Promise<string | undefined> {
  const workspace = await cluster.workspace(namespace, name);
  if (!workspace) return `there is no Workspace ${namespace}/${name}; kaito status lists them`;
  if (workspace.tuning !== undefined) return `${namespace}/${name} is a tuning: it answers nobody`;
  const why = whyOf(workspace, [], cluster.clock.now());
  // The model goes on serving while a change waits to be looked at.
  const serves = getCondition(workspace.status?.conditions, conditionTypes.inferenceReady)?.status === 'True';
  return why.state === 'ready' || (why.reason === 'ChangeNotSeen' && serves)
    ? undefined
    : `${why.sentence} ${why.next}`;
}

export interface Question {
  readonly namespace: string;
  readonly name: string;
  readonly prompt: string;
  readonly maxTokens?: number | undefined;
  readonly signal?: AbortSignal;
}

/** One question to `POST /chat`, by the proxy of the API server. */
export async function ask(
  transport: Transport,
  { namespace, name, prompt, maxTokens, signal }: Question,
): Promise<{ readonly text: string } | { readonly problem: string }> {
  const response = await transport.request({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/services/${name}:80/proxy/chat`,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({
      prompt,
      return_full_text: false,
      ...(maxTokens === undefined ? {} : { generate_kwargs: { max_new_tokens: maxTokens } }),
    }),
    ...(signal === undefined ? {} : { signal }),
  });
  let body = '';
  for await (const piece of response.body) body += piece;
  const answer = parsed(body);
  if (response.status === 200 && typeof answer?.Result === 'string') return { text: answer.Result.trim() };
  const said = answer?.message ?? answer?.detail ?? answer?.error?.message ?? body.trim().slice(0, 300);
  return { problem: `POST /chat answered ${response.status}${said === '' ? '' : `: ${said}`}` };
}

interface Answer {
  readonly Result?: unknown;
  readonly message?: string;
  readonly detail?: string;
  readonly error?: { readonly message?: string };
}

function parsed(body: string): Answer | undefined {
  try {
    return JSON.parse(body) as Answer;
  } catch {
    return undefined;
  }
}

/** Questions until Ctrl-C or Ctrl-D. A question that fails ends nothing. */
async function converse(io: CommandIo, say: (prompt: string) => Promise<boolean>): Promise<number> {
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: 'ask> ' });
  // A terminal in line mode sends Ctrl-C to readline, not to the process.
  lines.on('SIGINT', () => lines.close());
  io.signal.addEventListener('abort', () => lines.close(), { once: true });
  lines.prompt();
  for await (const line of lines) {
    if (line.trim() !== '') await say(line.trim()).catch((error: Error) => io.err(`kaito chat: ${error.message}\n`));
    lines.prompt();
  }
  return 0;
}
