"""POST /chat in front of an OpenAI server, in the same process.

Loaded with `--middleware kaito_chat.ChatMiddleware`. It rewrites the path in the ASGI scope before the server's own
authentication looks at it, so /chat is guarded exactly as /v1/chat/completions is. GET /healthz becomes /health, GET /ready says whether
what answers /chat is loaded, and the paths that load adapters are closed to everybody outside of the pod.
Nothing but the standard library: the image decides what else is there.
"""

import json
import os

DEFAULT_NEW_TOKENS = 256
MAX_BODY = 4 * 2**20
MAX_IN_FLIGHT = int(os.environ.get("KAITO_CHAT_MAX_IN_FLIGHT", "64"))
# By which adapters come and go, each with what lies below it. Whoever reaches one can make the server read its files.
ADAPTER_PATHS = ("/v1/load_lora_adapter", "/v1/unload_lora_adapter", "/adapters")
# By which model a prompt is answered: the adapters of the Workspace, where it has some. Without one the base model answers.
MODEL = os.environ.get("KAITO_CHAT_MODEL")

# Arguments of transformers' generate() that this engine cannot follow, with the values at which they ask for nothing.
INERT = {
    "early_stopping": [False],
    "num_beams": [1],
    "num_beam_groups": [1],
    "diversity_penalty": [0],
    "typical_p": [1],
    "length_penalty": [1],
    "no_repeat_ngram_size": [0],
    "encoder_no_repeat_ngram_size": [0],
    "num_return_sequences": [1],
    "output_scores": [False],
    "return_dict_in_generate": [False],
    "remove_invalid_values": [False],
    "use_cache": [True],
}
INTEGERS = ("max_new_tokens", "max_length", "min_new_tokens", "min_length", "top_k")
NUMBERS = ("temperature", "top_p", "repetition_penalty")
OTHERS = ("do_sample", "eos_token_id", "stop_strings", "pad_token_id")
SPACES = [(" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"),
          (" 'm", "'m"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re")]


class Problem(Exception):
    def __init__(self, status, detail):
        super().__init__(detail)
        self.status = status
        self.detail = detail


def malformed(field, message):
    return Problem(422, [{"loc": ["body", *field.split(".")], "msg": message, "type": "value_error"}])


class ChatMiddleware:
    """A class and not a function: the function style of middleware breaks the streaming of other paths."""

    def __init__(self, app):
        self.app = app
        self.in_flight = 0

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if changes_adapters(scope["path"]) and not from_this_pod(scope):
            return await reply(send, 403, {"detail": "Adapters are loaded from within the pod only"})
        if scope["path"] == "/healthz":
            return await self.app(rewritten(scope, scope["method"], "/health"), receive, send)
        if scope["path"] == "/ready":
            return await reply(send, *await self.ready(scope, receive))
        if scope["path"] != "/chat":
            return await self.app(scope, receive, send)
        try:
            if scope["method"] != "POST":
                raise Problem(405, "Method Not Allowed")
            answer = await self.chat(scope, receive)
        except Problem as problem:
            return await reply(send, problem.status, {"detail": problem.detail})
        return await reply(send, 200, answer)

    async def chat(self, scope, receive):
        if self.in_flight >= MAX_IN_FLIGHT:
            raise Problem(429, f"{self.in_flight} requests are in the queue already; try again later")
        self.in_flight += 1
        try:
            body = await read_json(receive)
            prompt, messages, options, limits = parse(body)
            model = body.get("model") or MODEL
            if model:
                options["model"] = model
            if limits["counts_prompt"]:
                counted = await self.call(scope, receive, "/tokenize", {"messages": messages})
                options.update(new_tokens(limits, counted["count"]))
            answer = await self.call(scope, receive, "/v1/chat/completions", {"messages": messages, **options})
        finally:
            self.in_flight -= 1
        text = said(answer)
        if body.get("clean_up_tokenization_spaces"):
            for spaced, tight in SPACES:
                text = text.replace(spaced, tight)
        full = body.get("return_full_text")
        return {"Result": f"{prompt}\n{text}" if full is None or full else text}

    async def ready(self, scope, receive):
        """A pod whose adapters are brought to the running engine has none at first, nor after the engine was restarted."""
        try:
            await self.call(scope, receive, "/health")
            served = [one["id"] for one in (await self.call(scope, receive, "/v1/models"))["data"]]
        except Problem as problem:
            return 503, {"detail": problem.detail}
        if MODEL and MODEL not in served:
            return 503, {"detail": f"{MODEL} is not loaded yet"}
        return 200, {"status": "Ready"}

    async def call(self, scope, receive, path, body=None):
        """Asks the server itself, in process; a client that hangs up is seen by it through `receive`. Without a body by GET."""
        payload = json.dumps(body).encode() if body is not None else b""
        sent = False

        async def receive_body():
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": payload, "more_body": False}

        status, chunks = 500, []

        async def keep(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                chunks.append(message.get("body", b""))

        asked = rewritten(scope, "GET", path) if body is None else rewritten(scope, "POST", path, len(payload))
        await self.app(asked, receive_body, keep)
        text = b"".join(chunks).decode("utf-8", "replace")
        try:
            answer = json.loads(text)
        except ValueError:
            answer = {}
        if status != 200:
            error = answer.get("error") if isinstance(answer, dict) else None
            raise Problem(status, error.get("message", text) if isinstance(error, dict) else error or text)
        return answer


def changes_adapters(path):
    return any(path == one or path.startswith(f"{one}/") for one in ADAPTER_PATHS)


def from_this_pod(scope):
    """Containers of one pod share their loopback, and nobody else is on it."""
    client = scope.get("client")
    return client is not None and client[0] in ("127.0.0.1", "::1")


def said(answer):
    """The text of a chat completion. A server that notices that the client is gone ends without one."""
    choices = answer.get("choices") if isinstance(answer, dict) else None
    if not choices:
        raise Problem(502, "The engine ended without an answer")
    return choices[0]["message"].get("content") or ""


def rewritten(scope, method, path, length=None):
    headers = scope["headers"]
    if length is not None:
        own = (b"content-length", b"content-type", b"transfer-encoding", b"accept-encoding")
        headers = [pair for pair in headers if pair[0].lower() not in own]
        headers += [(b"content-type", b"application/json"), (b"content-length", str(length).encode())]
    return {**scope, "method": method, "path": path, "raw_path": path.encode(), "headers": headers}


async def read_json(receive):
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Problem(400, "The client closed the connection")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > MAX_BODY:
            raise Problem(413, f"The body is larger than {MAX_BODY} bytes")
        chunks.append(chunk)
        if not message.get("more_body"):
            break
    try:
        body = json.loads(b"".join(chunks))
    except ValueError as error:
        raise Problem(422, [{"loc": ["body"], "msg": f"JSON decode error: {error}", "type": "json_invalid"}]) from None
    if not isinstance(body, dict):
        raise Problem(422, [{"loc": ["body"], "msg": "Input should be an object", "type": "dict_type"}])
    return body


def parse(body):
    """The prompt, the messages for the chat template, the sampling, and the limits on the length."""
    for field in ("prompt", "prefix", "model"):
        if not isinstance(body.get(field) or "", str):
            raise malformed(field, "Input should be a valid string")
    for field in ("return_full_text", "clean_up_tokenization_spaces"):
        if not isinstance(body.get(field) or False, bool):
            raise malformed(field, "Input should be a valid boolean")
    kwargs = body.get("generate_kwargs") or {}
    if not isinstance(kwargs, dict):
        raise malformed("generate_kwargs", "Input should be an object")
    for name, kinds in [(name, int) for name in INTEGERS] + [(name, (int, float)) for name in NUMBERS]:
        value = kwargs.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, kinds) or value < 0):
            raise malformed(f"generate_kwargs.{name}", "Input should be a number that is not negative")
    prompt = body.get("prompt")
    if not prompt:
        raise Problem(400, "Text generation parameter prompt required")
    if body.get("handle_long_generation") is not None:
        raise Problem(400, "handle_long_generation: this engine refuses prompts that are too long; leave it out")
    for name, value in kwargs.items():
        known = name in INTEGERS or name in NUMBERS or name in OTHERS
        if not known and value is not None and value not in INERT.get(name, []):
            raise Problem(400, f"generate_kwargs.{name}: this engine cannot follow it; leave it out")
    limits = lengths(kwargs)
    options = {**sampling(kwargs), **({} if limits["counts_prompt"] else new_tokens(limits, 0))}
    return prompt, [{"role": "user", "content": (body.get("prefix") or "") + prompt}], options, limits


def lengths(kwargs):
    """`max_length` and `min_length` count the prompt, as they do in transformers; the `_new_tokens` ones win over them."""
    limits = {name: kwargs.get(name) or 0 for name in ("max_new_tokens", "min_new_tokens", "max_length", "min_length")}
    by_total = [limits[f"{end}_length"] and not limits[f"{end}_new_tokens"] for end in ("max", "min")]
    return {**limits, "counts_prompt": any(by_total)}


def sampling(kwargs):
    """Greedy, unless sampling or one of its settings is asked for."""
    asked = [kwargs.get(name) is not None for name in ("temperature", "top_k", "top_p")]
    wanted = kwargs.get("do_sample") if kwargs.get("do_sample") is not None else any(asked)
    or_else = lambda name, default: default if kwargs.get(name) is None else kwargs[name]
    options = {"temperature": or_else("temperature", 1) if wanted else 0}
    if options["temperature"] > 0:
        options.update(top_k=or_else("top_k", 10) or -1, top_p=or_else("top_p", 1))
    options["repetition_penalty"] = or_else("repetition_penalty", 1)
    if kwargs.get("stop_strings"):
        options["stop"] = kwargs["stop_strings"]
    ends = kwargs.get("eos_token_id")
    if ends is not None:
        options["stop_token_ids"] = ends if isinstance(ends, list) else [ends]
    return options


def new_tokens(limits, prompt_tokens):
    most = limits["max_new_tokens"] or DEFAULT_NEW_TOKENS
    if limits["max_length"] and not limits["max_new_tokens"]:
        most = limits["max_length"] - prompt_tokens
    if most < 1:
        raise Problem(400, f"generate_kwargs.max_length: {limits['max_length']} leaves no room, since it counts the "
                           f"{prompt_tokens} tokens of the prompt too; give max_new_tokens instead")
    least = limits["min_new_tokens"] or max(0, limits["min_length"] - prompt_tokens)
    return {"max_tokens": most, "min_tokens": min(most, least)}


async def reply(send, status, body):
    payload = json.dumps(body, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(payload)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": payload})
