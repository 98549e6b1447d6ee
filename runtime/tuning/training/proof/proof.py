"""Checks every row as the trainer will see it, and tells by source and check what cannot be trained on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tunec.runtime.base.method import LeftOut
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.models.chat import Chat, Encoded, NotTrainable, Piece, encode_all, pieces
from tunec.runtime.tuning.training.proof.checks import CHECKS

#: Rows that the tokenizer is given at once.
BATCH = 256
#: Rows of each check that a refusal names.
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Proof:
    """What was checked: how many rows and tokens, how many of them are trained, and the rows that failed.

    `padding` is the share of the places of a batch that hold none of the rows' tokens.
    """

    rows: int
    tokens: int
    trained: int
    failed: tuple[LeftOut, ...]
    padding: float = 0.0

    def table(self, origins: Sequence[str]) -> list[dict[str, Any]]:
        """One line for each source and check that rows of it failed, with the tokens that are lost."""
        counts: Counter[tuple[str, str]] = Counter()
        lost: Counter[tuple[str, str]] = Counter()
        for item in self.failed:
            key = origins[item.row], item.check
            counts[key] += 1
            lost[key] += item.tokens
        order = list(CHECKS)
        return [
            {"origin": origin, "check": check, "rows": count, "tokens": lost[origin, check]}
            for (origin, check), count in sorted(counts.items(), key=lambda i: (i[0][0], order.index(i[0][1])))
        ]

    def told(self, origins: Sequence[str]) -> dict[str, Any]:
        """The proof for a manifest and a report."""
        numbers = {"rows": self.rows, "tokens": self.tokens, "trained_tokens": self.trained}
        return {**numbers, "padding": round(self.padding, 4), "checks": list(CHECKS), "failed": self.table(origins)}


def prove(
    tokenizer: Any,
    chats: Sequence[Chat],
    longest: int,
    stops: frozenset[str] | None,
    begin: Callable[[Any, Chat, frozenset[str] | None], list[Piece]] = pieces,
) -> tuple[dict[int, Encoded], tuple[LeftOut, ...]]:
    """The rows that can be trained on as they are, by number, and the others with the check that they fail.

    `begin` cuts a chat into pieces; rows that it refuses fail the check that it names.
    """
    kept: dict[int, Encoded] = {}
    failed: list[LeftOut] = []
    for start in range(0, len(chats), BATCH):
        cut: dict[int, list[Piece]] = {}
        for number, chat in enumerate(chats[start : start + BATCH], start):
            try:
                cut[number] = begin(tokenizer, chat, stops)
            except NotTrainable as reason:
                failed.append(LeftOut(number, reason.rule, reason.value, reason.threshold, reason.check))
        encoded = encode_all(tokenizer, list(cut.values()))
        read = tokenizer.batch_decode([list(row.ids) for row in encoded]) if encoded else []
        for (number, given), row, text in zip(cut.items(), encoded, read, strict=True):
            fault = check_tokens(tokenizer, given, row, text, longest)
            if fault is None:
                kept[number] = row
            else:
                failed.append(LeftOut(number, fault.rule, fault.value, fault.threshold, fault.check, len(row.ids)))
    return kept, tuple(sorted(failed, key=lambda item: item.row))


def check_tokens(tokenizer: Any, given: Sequence[Piece], row: Encoded, text: str, longest: int) -> NotTrainable | None:
    """What is wrong with the tokens of a row, which read back as `text`."""
    if row.count == 0:
        return NotTrainable("nothing_trained", "no trained token", "0", "1")
    start = tokenizer.bos_token_id
    if start is not None and row.ids[:2] == (start, start):
        return NotTrainable("double_start", "two start tokens", tokenizer.bos_token * 2)
    if len(row.ids) > longest:
        return NotTrainable("too_long", "longer than max_length", str(len(row.ids)), str(longest))
    wanted = "".join(piece.text for piece in given)
    if "".join(text.split()) != "".join(wanted.split()):
        return NotTrainable("round_trip", "the tokenizer changes the text", _difference(wanted, text))
    return None


def _difference(wanted: str, text: str) -> str:
    first, second = wanted.split(), text.split()
    at = next((n for n, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second)))
    return f"{' '.join(first[at : at + 3])} became {' '.join(second[at : at + 3])}"[:120]


def padding_of(lengths: Sequence[int], batch: int) -> float:
    """The share of padding where rows of these lengths are computed so many at once, in this order."""
    places = sum(max(lengths[n : n + batch]) * len(lengths[n : n + batch]) for n in range(0, len(lengths), batch))
    return 1 - sum(lengths) / places if places else 0.0


def refuse(proof: Proof, allowed: Sequence[str], origins: Sequence[str], ids: Sequence[str]) -> None:
    """Raise OperatorError where rows fail a check that the spec does not allow, with the table and the first rows."""
    bad = [item for item in proof.failed if item.check not in allowed]
    if bad:
        raise OperatorError("\n".join(_refusal(proof, bad, origins, ids)))


def _refusal(proof: Proof, bad: Sequence[LeftOut], origins: Sequence[str], ids: Sequence[str]) -> Iterator[str]:
    yield f"proof of training: {len(bad):,} of {proof.rows:,} rows cannot be trained on as they are"
    lines = Proof(proof.rows, 0, 0, tuple(bad)).table(origins)
    widths = [max(len(str(line[key])) for line in lines) for key in ("origin", "check")]
    for line in lines:
        lost = f", {line['tokens']:,} tokens" if line["tokens"] else ""
        yield f"  {line['origin']:<{widths[0]}}  {line['check']:<{widths[1]}}  {line['rows']:>7,} rows{lost}"
    for check in dict.fromkeys(item.check for item in bad):
        yield f"{check}: {CHECKS[check]}"
        for item in [item for item in bad if item.check == check][:SHOWN]:
            wanted = f" (expected {item.threshold})" if item.threshold else ""
            yield f"  row {ids[item.row]} of {origins[item.row]}: {item.rule}: {item.value!r}{wanted}"
    names = ", ".join(dict.fromkeys(item.check for item in bad))
    yield f"fix: correct these rows, or leave them out of the training: `allow: [{names}]`"
