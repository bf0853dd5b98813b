import { existsSync, readFileSync } from 'node:fs';
import type { ContainerStart, ProcessSpec, Refusal } from './image-program.js';
import { mountedPath } from './mounted-path.js';

const MULTI_NODE = '/mnt/kaito/kaito_multi_node.sh';
const SERVE = '/mnt/kaito/kaito_serve.py';
const CONFIG = '/mnt/config/inference_config.yaml';

/** What is left to run when the scripts that the operator mounts beside an engine have done their part. */
export type Unwrapped = { readonly words: readonly string[] } | ProcessSpec | Refusal;

/**
 * Does what the operator's own scripts do before they start the engine: the one for several nodes lets the first pod lead and the others
 * wait (there is no Ray here, and the tiny model needs no second pod), the one for settings puts the user's flags behind.
 */
export function unwrapScripts(container: ContainerStart): Unwrapped {
  let words: readonly string[] = [...container.command, ...container.args];
  if (words[0] === '/bin/sh' && words[1] === MULTI_NODE) {
    if (!mounted(container, MULTI_NODE)) return missing(MULTI_NODE);
    if (words[2] !== 'serve') return { refuse: 'exit', message: `kaito_multi_node.sh: serve is expected`, code: 2 };
    if (container.env.POD_INDEX !== '0') return { command: process.execPath, args: ['-e', WAIT] };
    words = words.slice(3);
  }
  if (words[0] === 'python3' && words[1] === SERVE) {
    if (!mounted(container, SERVE)) return missing(SERVE);
    const file = mountedPath(container, CONFIG);
    if (file === undefined || !existsSync(file)) return missing(CONFIG);
    words = [...words.slice(2), ...settings(readFileSync(file, 'utf8'))];
  }
  return { words };
}

/** The probes of several nodes: the leader asks its own health, a worker is well at once. */
export function scriptProbe(container: ContainerStart, command: readonly string[]): ProcessSpec | Refusal {
  const [shell, script, what = ''] = command;
  if (shell !== '/bin/sh' || script !== MULTI_NODE || !/^(ready|live)$/.test(what)) {
    return { refuse: 'exit', message: `the stand-in knows the probes of ${MULTI_NODE} only`, code: 126 };
  }
  const url = `http://127.0.0.1:${container.hostPort(5000)}/health`;
  const ask = `fetch(${JSON.stringify(url)}).then((a) => process.exit(a.ok ? 0 : 1), () => process.exit(1))`;
  return { command: process.execPath, args: ['-e', container.env.POD_INDEX === '0' ? ask : ''] };
}

const WAIT = `console.log('a worker: the stand-in model needs none'); process.stdin.resume().on('end', () => process.exit());`;

/** The flat settings under `vllm:` as flags; the real script reads all of YAML. */
function settings(text: string): readonly string[] {
  const [, below = ''] = /^vllm:[ \t]*\n((?:[ \t]+.*\n?|\n)*)/m.exec(text) ?? [];
  return [...below.matchAll(/^[ \t]+([\w-]+):[ \t]*(.*?)[ \t]*$/gm)].flatMap(([, key = '', value = '']) => {
    if (value === 'false') return [];
    return value === 'true' || value === '' ? [`--${key}`] : [`--${key}=${value}`];
  });
}

function mounted(container: ContainerStart, path: string): boolean {
  const here = mountedPath(container, path);
  return here !== undefined && existsSync(here);
}

function missing(path: string): Refusal {
  return { refuse: 'exit', message: `can't open file '${path}': [Errno 2] No such file or directory`, code: 2 };
}
