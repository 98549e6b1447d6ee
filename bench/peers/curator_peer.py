"""Bespoke Curator: asks a server N questions, C at a time: URL N C OUT."""

from __future__ import annotations

import os
import sys
import tempfile

os.environ.update(
    CURATOR_DISABLE_CACHE="1", CURATOR_DISABLE_RICH_DISPLAY="1", CURATOR_CACHE_DIR=tempfile.mkdtemp(),
    TELEMETRY_ENABLED="0", OPENAI_API_KEY="none",
)  # fmt: skip

import tiktoken


class Bytes:
    """It counts tokens by a table that it downloads when it is first used; bytes stand for them without the net."""

    def encode(self, text: str, **_: object) -> bytes:
        return text.encode()


tiktoken.get_encoding = tiktoken.encoding_for_model = lambda name: Bytes()

from bespokelabs import curator  # noqa: E402

url, count, many, out = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
limits = {"max_requests_per_minute": 10**7, "max_tokens_per_minute": 10**10, "max_concurrent_requests": many}
model = curator.LLM(model_name="m", backend="openai", backend_params={"base_url": url, "max_retries": 0, **limits})
found = model([f"Question number {n} about something" for n in range(count)])
rows = getattr(found, "dataset", found)
assert len(rows) == count
rows.to_parquet(out)
