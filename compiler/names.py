"""Names that are nearly right."""

from __future__ import annotations

from collections.abc import Iterable

from tunec.dsl.diagnostics import Edit, Fix
from tunec.dsl.source import Span

#: Words that people know from elsewhere, for those of the language. Of several the first that may stand there is meant.
_MEANT = {
    "len": ("words", "chars"), "length": ("words", "chars"), "word_count": ("words",), "num_words": ("words",),
    "n_words": ("words",), "char_count": ("chars",), "num_chars": ("chars",), "language": ("lang",),
    "lang_id": ("lang",), "detect_language": ("lang",), "token_count": ("tokens",), "num_tokens": ("tokens",),
    "regex": ("matches",), "match": ("matches",), "regexp": ("matches",), "includes": ("contains",),
    "has": ("contains",), "lowercase": ("lower",), "trim": ("strip",), "join": ("concat",),
    "startswith": ("starts_with",), "endswith": ("ends_with",), "cosine_similarity": ("similarity",),
    "rep": ("repetition",), "is_refusal": ("refusal",), "deduplicate": ("dedup",), "dedupe": ("dedup",),
    "unique": ("dedup",), "choose": ("select",), "pick": ("select",), "upsample": ("repeat",),
    "oversample": ("repeat",), "head": ("limit",), "take": ("limit",), "top_k": ("top",), "where": ("filter", "keep"),
    "map": ("set",), "r": ("rank",), "lora_r": ("rank",), "lora_rank": ("rank",), "lora_alpha": ("alpha",),
    "lora_dropout": ("dropout",), "target_modules": ("modules",), "lr": ("learning_rate",), "bs": ("batch_size",),
    "batch": ("batch_size",), "max_len": ("max_length",), "seq_len": ("max_length",),
    "max_seq_length": ("max_length",), "num_epochs": ("epochs",), "num_train_epochs": ("epochs",),
    "warmup_ratio": ("warmup",), "scheduler": ("schedule",), "temp": ("temperature",), "delimiter": ("separator",),
    "sep": ("separator",), "licence": ("license",), "fraction": ("share",), "ratio": ("share",),
    "percent": ("share",), "threshold": ("jaccard", "cosine", "rouge_l"), "null": ("none",), "nil": ("none",),
    "yes": ("true",), "no": ("false",), "english": ("en",), "chinese": ("zh",), "cn": ("zh",), "zh-cn": ("zh",),
    "zh_cn": ("zh",), "en-us": ("en",), "en_us": ("en",), "eng": ("en",), "german": ("de",), "french": ("fr",),
    "spanish": ("es",), "japanese": ("ja",), "jp": ("ja",), "korean": ("ko",), "kr": ("ko",), "russian": ("ru",),
    "string": ("text",), "str": ("text",), "integer": ("int",), "number": ("float",), "boolean": ("bool",),
    "file": ("path",), "percentage": ("share",), "val": ("validation",), "valid": ("validation",),
    "dev": ("validation",), "training": ("train",), "testing": ("test",), "output": ("response",),
    "answer": ("response",), "question": ("prompt",), "query": ("prompt",), "conversation": ("messages",),
    "conversations": ("messages",),
}  # fmt: skip


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """The one candidate that was probably meant, or None where none is close: the same letters in another case, a word
    known from elsewhere, or at most a third of the letters wrong, two letters that changed places counting as one."""
    pool = sorted(set(candidates) - {name})
    folded = {c.lower(): c for c in reversed(pool)}
    if name.lower() in folded:
        return folded[name.lower()]
    most = max(1, len(name) // 3) if len(name) > 2 else 0
    near = [(d, c) for c in pool if (d := _distance(name.lower(), c.lower(), most)) <= most]
    if near and min(near)[0] == 1:
        return _likest(name, near)
    meant = next((word for word in _MEANT.get(name.lower(), ()) if word in pool), None)
    if meant is not None:
        return meant
    if near:
        return _likest(name, near)
    if len(name) <= 2:
        swapped = [c for c in pool if c == name[::-1] and len(set(name)) == 2]
        return swapped[0] if swapped else None
    longer = [c for c in pool if len(name) > 4 and (c.startswith(name) or (name.startswith(c) and len(c) > 4))]
    return longer[0] if len(longer) == 1 else None


def _likest(name: str, near: list[tuple[int, str]]) -> str:
    """Of the candidates with the fewest wrong letters the one that has most of the name in order."""
    nearest = [candidate for distance, candidate in near if distance == min(near)[0]]
    if len(nearest) == 1:
        return nearest[0]
    from difflib import SequenceMatcher  # a spec without mistakes starts without it

    def likeness(candidate: str) -> tuple[bool, float]:
        """The same letters in another order come first."""
        other = candidate.lower()
        return sorted(other) == sorted(name.lower()), SequenceMatcher(None, name.lower(), other).ratio()

    return max(nearest, key=likeness)


def _distance(a: str, b: str, most: int) -> int:
    """How many letters to add, drop, change or swap with the next, given up above `most`."""
    if abs(len(a) - len(b)) > most:
        return most + 1
    before: list[int] = []
    row: list[int] = [*range(len(b) + 1)]
    for i, one in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, other in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (one != other))
            if i > 1 and j > 1 and one == b[j - 2] and a[i - 2] == other:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]


def suggestion(name: str, candidates: Iterable[str], span: Span) -> tuple[str, tuple[Fix, ...]]:
    """Help text and fix for a name that is nearly right; empty where nothing is close."""
    match = closest(name, candidates)
    if match is None:
        return "", ()
    return f"did you mean `{match}`?", (Fix(f"replace with `{match}`", (Edit(span, match),), safe=False),)
