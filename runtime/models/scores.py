"""How likely models find texts: computed once for each distinct text, recorded for good, shared by all steps and specs.

Numbers are rounded to four decimals before they are recorded, so that the last bits of a device decide no threshold.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tunec.compiler.graph import canonical, digest
from tunec.runtime.base.method import Loss, Prompt, Ranked
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec, Progress
from tunec.runtime.models.answers import batch_size
from tunec.runtime.models.recordings import recorded
from tunec.runtime.store.store import Store

if TYPE_CHECKING:
    import numpy as np

    from tunec.runtime.models.local import LocalModel
    from tunec.runtime.models.scoring import Scored

#: Texts that are read and recorded at once.
CHUNK = 128
DECIMALS = 4


def losses(
    store: Store, model: ModelSpec, pairs: Sequence[tuple[Prompt, str]], progress: Progress
) -> tuple[list[Loss | None], int]:
    """For each (given, text) the loss of the text after what is given, and how many had to be computed.

    The mark with which the model's texts begin stands before the given text; a chat is rendered by the model's template
    and ends where the assistant speaks. Given text and scored text are tokenised apart. A text that begins with nothing
    and is longer than 2048 tokens is read in stretches, like a text of `perplexity(on: …)`; others that do not fit into
    the model's context have no loss.
    """
    import numpy as np

    def compute(numbers: list[int]) -> np.ndarray:
        from tunec.runtime.models.local import load
        from tunec.runtime.models.scoring import log_probs

        loaded = load(model)
        items, owners, found = _after_given(loaded, [pairs[number] for number in numbers])
        for place, scores in zip(owners, log_probs(loaded, items, batch_size(model)), strict=True):
            found[place, 0] -= float(scores.sum())
        found[:, 0] = np.round(found[:, 0], DECIMALS)
        return found

    folder = f"scores/{digest([_identity(model), 'losses'], 16)}"
    rows, computed = recorded_scores(store, folder, [[plain(given), text] for given, text in pairs], compute, progress)
    return [None if math.isnan(nats) else Loss(nats, int(count)) for nats, count in rows.tolist()], computed


def ranks(
    store: Store, model: ModelSpec, pairs: Sequence[tuple[Prompt, str]], most: int, progress: Progress
) -> tuple[list[Ranked | None], int]:
    """As `losses`, and with the rank of each token among all that the model might have written there, 1 for the
    likeliest and at most `most`, summed."""
    import numpy as np

    def compute(numbers: list[int]) -> np.ndarray:
        from tunec.runtime.models.local import load
        from tunec.runtime.models.scoring import log_probs_and_ranks

        loaded = load(model)
        items, owners, found = _after_given(loaded, [pairs[number] for number in numbers])
        found = np.column_stack([found, np.zeros(len(numbers))])
        read = log_probs_and_ranks(loaded, items, most, batch_size(model))
        for place, (scores, places) in zip(owners, read, strict=True):
            found[place, 0] -= float(scores.sum())
            found[place, 2] += float(places.sum())
        found[:, 0] = np.round(found[:, 0], DECIMALS)
        return found

    folder = f"scores/{digest([_identity(model), 'ranks', most], 16)}"
    rows, computed = recorded_scores(store, folder, [[plain(given), text] for given, text in pairs], compute, progress)
    return [None if math.isnan(n) else Ranked(Loss(n, int(t)), int(r)) for n, t, r in rows.tolist()], computed


def _after_given(loaded: LocalModel, pairs: Sequence[tuple[Prompt, str]]) -> tuple[list[Scored], list[int], np.ndarray]:
    """What is to be read for each (given, text), with the number of its pair; and of all pairs, shape (pairs, 2), a 0
    for the nats, or NaN where the two do not fit into the model's context, and the tokens of the text."""
    import numpy as np

    from tunec.runtime.models.chat import tokens
    from tunec.runtime.models.scoring import Scored, stretches

    found = np.zeros((len(pairs), 2))
    items: list[Scored] = []
    owners: list[int] = []
    for place, (given, text) in enumerate(pairs):
        ids = tokens(loaded.tokenizer, text)
        found[place, 1] = len(ids)
        if not ids:
            continue
        before = given_ids(loaded, given)
        if given == "":
            own = stretches(loaded, ids)
        elif len(before) + len(ids) <= loaded.context:
            own = [Scored((*before, *ids), tuple(range(len(before), len(before) + len(ids))))]
        else:
            own, found[place, 0] = [], math.nan
        items += own
        owners += [place] * len(own)
    return items, owners, found


def logits(
    store: Store, model: ModelSpec, prompts: Sequence[Prompt], candidates: Sequence[str], progress: Progress
) -> tuple[list[tuple[float, ...] | None], int]:
    """For each prompt the logits of the candidates' first tokens as the next token, and how many had to be computed.

    A candidate's first token is the one with which it goes on from the prompt, as `" Yes"` does after `answer:`.
    """
    import numpy as np

    def compute(numbers: list[int]) -> np.ndarray:
        from tunec.runtime.models.local import load
        from tunec.runtime.models.scoring import next_logits

        loaded = load(model)
        items = [given_ids(loaded, prompts[number]) for number in numbers]
        fitting = [place for place, ids in enumerate(items) if len(ids) <= loaded.context]
        first = [_first_tokens(loaded, prompts[numbers[place]], candidates) for place in fitting]
        found = np.full((len(numbers), len(candidates)), math.nan)
        scores = next_logits(loaded, [items[place] for place in fitting], first, batch_size(model))
        for place, score in zip(fitting, scores, strict=True):
            found[place] = np.round(score, DECIMALS)
        return found

    folder = f"scores/{digest([_identity(model), 'logits', list(candidates)], 16)}"
    rows, computed = recorded_scores(store, folder, [plain(prompt) for prompt in prompts], compute, progress)
    return [None if math.isnan(row[0]) else tuple(row) for row in rows.tolist()], computed


def _first_tokens(model: LocalModel, prompt: Prompt, candidates: Sequence[str]) -> tuple[int, ...]:
    from tunec.runtime.models.chat import render, tokens

    text = prompt if isinstance(prompt, str) else render(model.tokenizer, prompt, answer=True)
    # The end of the text is enough to see how its last token and the candidate are cut.
    tail = text[-20:]
    before = tokens(model.tokenizer, tail)
    first = []
    for candidate in candidates:
        after = tokens(model.tokenizer, tail + candidate)
        apart = after[: len(before)] == before and len(after) > len(before)
        first.append(after[len(before)] if apart else tokens(model.tokenizer, candidate)[0])
    if len(set(first)) < len(first):
        said = ", ".join(f"`{candidate.strip()}`" for candidate in candidates)
        raise OperatorError(f"the model's tokenizer begins two of {said} with the same token")
    return tuple(first)


def given_ids(model: LocalModel, prompt: Prompt) -> tuple[int, ...]:
    """The tokens of what a model is given to read before it goes on."""
    from tunec.runtime.models.chat import render, tokens
    from tunec.runtime.models.scoring import beginning

    if isinstance(prompt, str):
        return (beginning(model), *tokens(model.tokenizer, prompt))
    return tuple(tokens(model.tokenizer, render(model.tokenizer, prompt, answer=True)))


def recorded_scores(
    store: Store,
    folder: str,
    questions: Sequence[Any],
    compute: Callable[[list[int]], np.ndarray],
    progress: Progress,
) -> tuple[np.ndarray, int]:
    """The numbers of each question, from the store where it has them, and how many were computed (`recorded`)."""
    contents = [canonical(question) for question in questions]
    again = "its scores are computed again"

    def of_chunks(chunks: Iterable[list[int]]) -> Iterator[np.ndarray]:
        return map(compute, chunks)

    return recorded(store, folder, contents, of_chunks, CHUNK, progress, "scoring texts", again)


def _identity(model: ModelSpec) -> list[Any]:
    # How the model samples does not matter to its scores; how many texts it reads at once does, in the last bits.
    return [model.kind, model.id, model.revision, model.backend, batch_size(model)]


def plain(prompt: Prompt) -> Any:
    """A prompt as JSON, by which what is computed of it is known."""
    return prompt if isinstance(prompt, str) else [asdict(turn) for turn in prompt]
