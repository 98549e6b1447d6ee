"""`model teacher = openai("gpt-4o-mini", key: env("OPENAI_API_KEY"))`: a model behind a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import Given, OperatorError, at_least_one, operator, refuse

if TYPE_CHECKING:
    from tunec.runtime.base.values import ModelSpec, Money, Record, Seconds, Secret

#: What changes how fast and at what price, and not what is said.
_NEUTRAL = (
    "key", "concurrency", "requests_per_minute", "tokens_per_minute", "timeout", "attempts", "price_input",
    "price_output", "price_cached", "batch",
)  # fmt: skip


#: What a request says by itself: `extra` in their place would have a model asked something else than is recorded.
_OWN = ("model", "messages", "prompt", "stream", "n")


def _conflicts(given: Given) -> tuple[str, str] | None:
    for stated, other in (("price_input", "price_output"), ("price_output", "price_input")):
        if given[stated] is not None and given[other] is None:
            return stated, f"`{stated}` is stated without `{other}`; costs need both"
    if given["price_cached"] is not None and given["price_input"] is None:
        return "price_cached", "`price_cached` is stated without `price_input` and `price_output`; costs need both"
    own = next((name for name in _OWN if name in (given["extra"] or {})), None)
    if own is not None:
        return "extra", f"`{own}` is part of every request, and cannot be in `extra`"
    try:
        _check_address(given["base_url"])
    except OperatorError as error:
        return "base_url", str(error)
    return None


@operator(version=1, cost="model", neutral=_NEUTRAL, conflicts=_conflicts)
def openai(
    id: str,
    *,
    base_url: str = "https://api.openai.com/v1",
    key: Secret | None = None,
    temperature: Annotated[float, "0..2"] = 0.7,
    top_p: Annotated[float, "0<..1"] = 1.0,
    max_tokens: Annotated[int, "1.."] = 512,
    extra: Record | None = None,
    revision: str = "",
    concurrency: Annotated[int, "1.."] = 32,
    requests_per_minute: Annotated[int, "1.."] | None = None,
    tokens_per_minute: Annotated[int, "1.."] | None = None,
    timeout: Seconds = 600.0,
    attempts: Annotated[int, "1.."] = 6,
    batch: bool = False,
    price_input: Money | None = None,
    price_output: Money | None = None,
    price_cached: Money | None = None,
) -> ModelSpec:
    """A language model behind a server that speaks OpenAI's protocol.

    vLLM, SGLang, llama.cpp, Ollama, `transformers serve` and OpenAI itself do. Every answer is recorded as it comes,
    and never asked for again.

    Requests that fail for a reason that may pass (408, 409, 429, 5xx, cut connections, no answer in time, an answer
    that is empty or not what was asked for) are repeated with growing pauses, as long as `Retry-After` says. 400, 401,
    403 and 404 stop the build with the server's words.

    Args:
        id: the name of the model, as the server knows it.
        base_url: where the server is: `http://localhost:8000/v1`, for instance.
        key: the environment variable that holds the key: `env("OPENAI_API_KEY")`. It is read when a request is sent.
        temperature: sampling temperature; 0 always takes the likeliest token.
        top_p: sample from the likeliest tokens that together have this probability.
        max_tokens: the longest answer, in tokens, unless the method sets another bound.
        extra: more for the body of each request, such as `{chat_template_kwargs: {enable_thinking: false}}`.
        revision: enters the fingerprint; change it when the server has got other weights under the same name.
        concurrency: the most requests at once. Where the server is overloaded (429, 503), or its answers take twice as
            long as they did, there are half as many, and then more again.
        requests_per_minute: the most requests in a minute.
        tokens_per_minute: the most tokens in a minute, prompts and the longest answers together.
        timeout: how long an answer may take.
        attempts: how often a request is tried.
        batch: hand requests over in batches (OpenAI's Batch API), which are answered within a day and cost half; state
            the prices that hold for batches. A build waits, or can be interrupted: the same command goes on waiting,
            and nothing is handed over twice.
        price_input: dollars for a million tokens of prompts; with `price_output`, for costs and bounds on them.
        price_output: dollars for a million tokens of answers.
        price_cached: dollars for a million tokens of prompts that the server had cached; as `price_input` by default.

    Example:
        model teacher = openai("qwen3-32b", base_url: "http://localhost:8000/v1", max_tokens: 1024)
    """
    refuse(_conflicts(locals()))
    import json

    from tunec.runtime.base.values import ModelSpec

    at_least_one(
        "openai", max_tokens=max_tokens, concurrency=concurrency, requests_per_minute=requests_per_minute,
        tokens_per_minute=tokens_per_minute, attempts=attempts,
    )  # fmt: skip
    if temperature < 0 or not 0 < top_p <= 1 or timeout <= 0:
        raise OperatorError("`temperature` must be 0 or more, `top_p` above 0 and at most 1, `timeout` above 0")
    if key is not None and not isinstance(key, dict):
        raise OperatorError('a key never stands in a spec: put it into an environment variable and write `env("NAME")`')
    prices = (price_input, price_output, price_cached)
    if any(price is not None and price < 0 for price in prices):
        raise OperatorError("`price_input`, `price_output` and `price_cached` are not below zero")
    options = {
        "temperature": temperature, "top_p": top_p, "max_tokens": max_tokens, "concurrency": concurrency,
        "extra": json.dumps(extra, sort_keys=True, ensure_ascii=False) if extra else "",
        "key": key["env"] if key is not None else "", "requests_per_minute": requests_per_minute,
        "tokens_per_minute": tokens_per_minute, "timeout": timeout, "attempts": attempts, "batch": batch,
        "price_input": price_input, "price_output": price_output, "price_cached": price_cached,
    }  # fmt: skip
    return ModelSpec("openai", id, revision, base_url, tuple(sorted(options.items())))


def _check_address(base_url: str) -> None:
    from urllib.parse import urlsplit

    from tunec.compiler.reach import is_allowed, is_private

    where = urlsplit(base_url)
    if where.scheme not in ("http", "https") or not where.hostname or where.username or where.query or where.fragment:
        raise OperatorError("`base_url` is the address of a server, such as https://api.openai.com/v1, without a key")
    # A server on this machine is what people run models with, and it is told nothing but prompts.
    loopback = where.hostname in ("localhost", "::1") or where.hostname.startswith("127.")
    if is_private(where.hostname) and not loopback and not is_allowed():
        raise OperatorError(f"`{where.hostname}` lies in a private network; allow it with --allow-outside")
