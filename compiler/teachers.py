"""Models whose terms forbid to train other models on what they write, as known on the date. No legal advice.

An entry is here only where the words of the terms are known: read in a copy of the whole text, or quoted alike by
several who read it (`how`). Meta's licences from Llama 3.1 on allow it, with its name in that of the new model; open
weights under Apache-2.0 or MIT allow it anyway.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from tunec.dsl.record import record

#: When the table was last looked through.
DATE = "2026-11-29"


@record
class Terms:
    """Whose terms, what they forbid and where they say so. They are about models at `hosts`, or with such an `id`.
    `how` their words are known: read at their owner's, read in a copy, or as others quote them."""

    owner: str
    forbid: str
    source: str
    how: str
    hosts: tuple[str, ...] = ()
    id: str = ""

    @property
    def known(self) -> str:
        """Where the terms say so, and how that is known."""
        return f"{self.source}; {self.how}, {DATE}"


_READ, _COPY = "read", "read in a copy that others keep"
_QUOTED = "not read, known as others quote it"
_IMPROVE = "its output may not be used to improve another language model"
TERMS = (
    Terms(
        "OpenAI",
        "its output may not be used to develop models that compete with its products and services",
        "OpenAI, Services Agreement (2026-01-01), 3.3(e)",
        _QUOTED,
        ("api.openai.com",),
    ),
    Terms(
        "Anthropic",
        "its output may not be used to train a model without its authorization",
        "Anthropic, Usage Policy (2025-09-15), Do Not Abuse our Platform; Commercial Terms (2025-06-17), D.4",
        _QUOTED,
        ("api.anthropic.com",),
    ),
    Terms(
        "Google",
        "its services may not be used to develop models that compete with them",
        "Google, Gemini API Additional Terms of Service (2025-05-20), Use Restrictions",
        _COPY,
        ("generativelanguage.googleapis.com",),
    ),
    Terms("Llama 2", _IMPROVE, "Llama 2 Community License (2023-07-18), 1.b.v", _COPY, id=r"\bllama-?2(?![.\d])"),
    Terms("Llama 3", _IMPROVE, "Meta Llama 3 Community License (2024-04-18), 1.b.v", _READ, id=r"\bllama-?3(?![.\d])"),
)


def terms_of(model: str, base_url: str) -> Terms | None:
    """The terms that forbid to train on what a model writes; None where none are known."""
    host = urlsplit(base_url).hostname or ""
    for terms in TERMS:
        if host in terms.hosts or (terms.id and re.search(terms.id, model, re.IGNORECASE)):
            return terms
    return None
