"""Keys and tokens of services, and private keys: what opens an account to whoever reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator

#: What most texts without one lack; for Rust's engine.
HINT = (
    r"sk-|[sr]k_(?:live|test)_|gh[pousr]_|github_pat_|glpat-|A[KS]IA|AKID|LTAI|xox[abeoprs]-|AIza|hf_|npm_|pypi-|SG\.|eyJ|"
    r"PRIVATE KEY|gsk_|xai-|nvapi-|pplx-|r8_|dop_v1_|ya29\.|GOCSPX-|shp(?:at|ss|ca)_|whsec_|:AA"
)
#: By the beginnings and lengths that their issuers state: OpenAI, Anthropic and others (`sk-`), Stripe, GitHub, GitLab,
#: AWS, Tencent Cloud, Alibaba Cloud, Slack, Google, Hugging Face, npm, PyPI, SendGrid, Groq, xAI, NVIDIA, Perplexity,
#: Replicate, DigitalOcean, Shopify, Telegram's bots, and JSON Web Tokens.
_TOKEN = re.compile(
    r"(?<![A-Za-z0-9_-])(?:sk-(?:[a-z]{2,8}-)?[A-Za-z0-9_-]{20,250}|[sr]k_(?:live|test)_[A-Za-z0-9]{16,250}|"
    r"gh[pousr]_[A-Za-z0-9]{36,250}|github_pat_[A-Za-z0-9_]{22,250}|glpat-[A-Za-z0-9_-]{20,60}|A[KS]IA[A-Z0-9]{16}|"
    r"AKID[A-Za-z0-9]{32}|LTAI[A-Za-z0-9]{12,20}|xox[abeoprs]-[A-Za-z0-9-]{10,250}|AIza[A-Za-z0-9_-]{35}|"
    r"hf_[A-Za-z0-9]{30,60}|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,250}|SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}|"
    r"gsk_[A-Za-z0-9]{40,60}|(?:xai|nvapi|pplx)-[A-Za-z0-9_-]{40,120}|r8_[A-Za-z0-9]{37}|dop_v1_[a-f0-9]{64}|"
    r"ya29\.[A-Za-z0-9_-]{20,500}|GOCSPX-[A-Za-z0-9_-]{20,40}|shp(?:at|ss|ca)_[a-fA-F0-9]{32}|whsec_[A-Za-z0-9+/]{24,60}|"
    r"\d{8,10}:AA[A-Za-z0-9_-]{33}|"
    r"eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,2000})(?![A-Za-z0-9_-])"
)
#: The whole block; to the end of the text where it was cut off.
_PEM = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----)[\s\S]){20,20000}"
    r"(?:-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----|\Z)"
)
#: Different characters that a key has at least; what stands for one in a manual (`sk-xxxxxxxx`) has less.
_FEWEST = 8


def credentials(text: str) -> Iterator[tuple[int, int]]:
    """Keys and tokens, in order. What stands for one in manuals is none: without a digit, of few different characters,
    or with `EXAMPLE` at its end, as those of AWS."""
    places = [match.span() for match in _PEM.finditer(text)]
    for match in _TOKEN.finditer(text):
        key = match[0]
        if re.search(r"\d", key) and len(set(key[4:])) >= _FEWEST and not key.endswith("EXAMPLE"):
            places.append(match.span())
    yield from sorted(places)
