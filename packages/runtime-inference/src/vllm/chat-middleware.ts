/**
 * The `/chat` path in front of vLLM: a small ASGI middleware that runs in the API server's own process, so that there is no second
 * server to watch and authentication applies to it. What `--middleware` is given. A class: the function style breaks streaming.
 */
export const CHAT_MIDDLEWARE = 'kaito_chat.ChatMiddleware';
