"""What is wrong with a tokenizer as it is saved, whatever the rows are."""

from __future__ import annotations

from typing import Any


def tokenizer_faults(tokenizer: Any, stops: frozenset[str]) -> list[tuple[str, str]]:
    """Checks that fail for every row that another trainer reads with this tokenizer, each with the reason."""
    found = []
    if tokenizer.pad_token is not None and tokenizer.pad_token in stops:
        found.append(
            (
                "end",
                f"padding is `{tokenizer.pad_token}`, which ends turns: a trainer that masks padding by its id never "
                "trains the end",
            )
        )
    if not stops:
        found.append(("end", "no token is known that generation stops at"))
    if tokenizer.chat_template is None:
        found.append(("refused", "the tokenizer has no chat template"))
    return found
