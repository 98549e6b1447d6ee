"""Asks models in fixed batches. A batch has a seed of its own and is recorded whole, so that nothing is asked twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tunec.compiler.graph import canonical, digest
from tunec.runtime.base.method import Answer, Request, Sampling
from tunec.runtime.base.values import ModelSpec, Progress
from tunec.runtime.store.store import Store

#: Requests that a model can look at together, unless its declaration says otherwise.
BATCH = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer a request, in order. Of the `distinct` requests `asked` went to the model now, `repeated` of them not
    for the first time: an earlier run was killed before it could record the answers."""

    answers: list[Answer]
    distinct: int
    asked: int
    repeated: int


def batch_size(model: ModelSpec) -> int:
    """How many requests are answered at once."""
    return int(model.option("batch_size", BATCH))


def content_of(request: Request) -> Any:
    """What identifies a request in a batch: its prompt, and whatever else it states."""
    said = asdict(request)
    return said["prompt"] if not request.schema and not request.sample else said


def ask_batch(store: Store, model: ModelSpec, requests: Sequence[Request], sampling: Sampling, seed: str) -> Asked:
    """Ask one batch as it is. `seed` is a hash in hexadecimal digits; the same batch with another seed is another."""
    key = digest(
        {
            "model": [model.kind, model.id, model.revision, model.backend],
            "sampling": asdict(sampling),
            "chat": any(not isinstance(r.prompt, str) for r in requests),
            "requests": [content_of(r) for r in requests],
            "seed": seed,
        }
    )
    saved = store.answer(key)
    asked = repeated = 0
    if saved is None:
        saved = _asked(store, key, model, requests, sampling, seed, {})
        asked, repeated = len(requests), saved["repeated"]
    return Asked([Answer(**a) for a in saved["answers"]], len(requests), asked, repeated)


def ask(store: Store, model: ModelSpec, requests: Sequence[Request], sampling: Sampling, progress: Progress) -> Asked:
    """Ask whatever no build has asked this model before, each distinct request once.

    Batches are composed of the missing requests, longest first, so that the order of the requests never decides who
    is answered together. The seed of a batch is the hash of what is in it. Requests that do not fit into the model's
    context are not asked: their answer is empty, and its finish `length`.
    """
    written = [canonical(content_of(r)) for r in requests]
    keys = [digest(text, 32) for text in written]
    wanted = dict(zip(keys, requests, strict=True))
    length = dict(zip(keys, map(len, written), strict=True))
    size = batch_size(model)
    shelf = digest([model.kind, model.id, model.revision, model.backend, asdict(sampling), size], 16)
    known: dict[str, Answer] = {}
    for name, saved in store.answers_on(shelf):
        found = {k: Answer(**a) for k, a in zip(saved["requests"], saved["answers"], strict=True) if k in wanted}
        if found:
            store.touched.add(name)
            known |= found
    missing = sorted((k for k in wanted if k not in known), key=lambda k: (-length[k], k))
    repeated = 0
    if missing:
        from tunec.runtime.models.local import load

        loaded = load(model, quick=True)
        fits = {k: loaded.fits(wanted[k], sampling) for k in missing}
        fitting = [k for k in missing if fits[k]]
        too_long = [k for k in missing if not fits[k]]
        if too_long:
            answers = [asdict(Answer("", "length", 0, 0)) for _ in too_long]
            saved = {"answers": answers, "repeated": 0, "requests": too_long}
            store.record_answer(f"{shelf}/{digest(too_long)}", saved)
            known |= {k: Answer(**a) for k, a in zip(too_long, answers, strict=True)}
        for start in range(0, len(fitting), size):
            progress(start, len(fitting), f"requests to {model.id}")
            part = fitting[start : start + size]
            batch, seed = [wanted[k] for k in part], digest([shelf, part])
            saved = _asked(store, f"{shelf}/{seed}", model, batch, sampling, seed, {"requests": part})
            known |= {k: Answer(**a) for k, a in zip(part, saved["answers"], strict=True)}
            repeated += saved["repeated"]
        progress(len(fitting), len(fitting), f"requests to {model.id}")
        missing = fitting
    return Asked([known[k] for k in keys], len(wanted), len(missing), repeated)


def _asked(
    store: Store,
    key: str,
    model: ModelSpec,
    requests: Sequence[Request],
    sampling: Sampling,
    seed: str,
    more: Mapping[str, Any],
) -> dict[str, Any]:
    """What was recorded of a batch that was asked now: its answers, and how many requests were asked again."""
    from tunec.runtime.models.local import load

    repeated = store.asking(key) * len(requests)
    answers = load(model, quick=True).answer(requests, sampling, int(seed[:15], 16))
    recorded = {"answers": [asdict(a) for a in answers], "repeated": repeated, **more}
    store.record_answer(key, recorded)
    return recorded
