import type { Problem } from './problem.js';

/**
 * What is wrong, in the words of the API that was called: FastAPI's `{"detail"}` for KAITO's paths, OpenAI's `{"error"}` below `/v1`.
 */
export function problemBody(path: string, problem: Problem): unknown {
  return path.startsWith('/v1/') ? openAiError(problem) : fastApiDetail(problem);
}

/** The status that goes with it. OpenAI's API knows no 422; a malformed body is a 400 there. */
export function problemStatus(path: string, problem: Problem): number {
  return path.startsWith('/v1/') && problem.status === 422 ? 400 : problem.status;
}

function fastApiDetail(problem: Problem): unknown {
  const { flaws } = problem.options;
  if (!flaws) return { detail: problem.message };
  return {
    detail: flaws.map(({ path, message, type }) => ({ loc: ['body', ...path], msg: message, type })),
  };
}

const errorTypes: Readonly<Record<number, string>> = {
  404: 'not_found_error',
  429: 'rate_limit_error',
  500: 'server_error',
  503: 'server_error',
};

function openAiError(problem: Problem): unknown {
  return {
    error: {
      message: problem.message,
      type: errorTypes[problem.status] ?? 'invalid_request_error',
      param: problem.options.param ?? null,
      code: problem.options.code ?? null,
    },
  };
}
