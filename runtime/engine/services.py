"""What operators may ask for while a step runs: vectors, answers and scores, each recorded by content and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tunec.runtime.base.context import Context
from tunec.runtime.base.method import Answer, Loss, Message, Prompt, Ranked, Request, Sampling
from tunec.runtime.base.values import EmbedderSpec, ModelSpec, Progress, Windows
from tunec.runtime.base.workers import Workers
from tunec.runtime.store.store import Store

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from tunec.runtime.models.servers import Servers
    from tunec.runtime.store.spending import Spending
    from tunec.runtime.text.screening import Screen, Suspects

Score = TypeVar("Score")


@dataclass
class Services:
    """Serves the operators of a build from its store. `requests`, `vectors` and `scores` count what was computed now,
    and what was recorded before."""

    store: Store
    progress: Progress
    folder: Path
    requests: dict[str, int] = field(default_factory=lambda: {"asked": 0, "recorded": 0, "repeated": 0})
    vectors: dict[str, int] = field(default_factory=lambda: {"computed": 0, "recorded": 0})
    scores: dict[str, int] = field(default_factory=lambda: {"computed": 0, "recorded": 0})
    _answers: dict[tuple[Any, ...], Answer] = field(default_factory=dict)  # to operators of the running step
    _missing: dict[str, int] = field(default_factory=dict)  # values that could not be computed, by reason
    _said: list[str] = field(default_factory=list)  # what operators of the running step say
    _screen: Screen | None = None
    account: str = ""  # the name that payments are noted under
    max_cost: float | None = None
    workers: Workers | None = None  # who embeds texts, instead of this process
    _servers: Servers | None = None
    _step: str = ""

    @property
    def servers(self) -> Servers:
        """The servers of models that this build asks. What runs paid that were interrupted counts against the bound."""
        from tunec.runtime.models.money import Budget
        from tunec.runtime.models.servers import Servers

        if self._servers is None:
            spending = self._spending
            budget = (
                None
                if self.max_cost is None
                else Budget(self.max_cost, spending.since_bound, spending.lost_since_bound)
            )
            self._servers = Servers(self.store, self.store.warn, spending, budget, self._step)
        return self._servers

    @property
    def paid(self) -> float:
        """What models behind servers cost in this build, in dollars."""
        return self._servers.cost if self._servers is not None else 0.0

    @property
    def costs(self) -> Mapping[str, float]:
        """What was paid now, by the fingerprint of the step."""
        return self._servers.costs if self._servers is not None else {}

    def paid_before(self) -> Mapping[str, float]:
        """What earlier runs of this build paid, which did not come to their end, by the fingerprint of the step."""
        return self._spending.before

    def possibly_paid(self) -> float:
        """The most that was paid for requests that were cut off, now and in earlier runs that did not come to their
        end, in dollars."""
        return self._spending.lost

    @cached_property
    def _spending(self) -> Spending:
        from tunec.runtime.store.spending import Spending

        return Spending(self.store, self.account)

    def close(self, patience: float | None = 0.0) -> None:
        """Let go of what was opened for the build. Answers that are on their way are waited for, for so many seconds
        (None: until they are there)."""
        if self._servers is not None:
            self._servers.close(patience)

    def context(self, seed: int) -> Context:
        """What an operator of this seed may use."""
        return Context(
            seed,
            self._embed,
            self.progress,
            self.folder,
            self._ask,
            self._losses,
            self._logits,
            self._count_missing,
            self._suspects,
            self._cut,
            self._said.append,
            self._rewards,
            self._items,
            self._ranks,
        )

    def begin(self, step: str) -> None:
        """Forget what an earlier step asked for; the step with this fingerprint begins."""
        self._answers, self._missing = {}, {}
        self._said.clear()
        self._step = step
        if self._servers is not None:
            self._servers.step = step

    def _embed(self, spec: EmbedderSpec, texts: Any) -> np.ndarray:
        from tunec.runtime.models.embed import encode
        from tunec.runtime.models.vectors import embed

        vectors, computed = embed(self.store, spec, list(texts), encode, self.progress, self.workers)
        self.vectors["computed"] += computed
        self.vectors["recorded"] += len(vectors) - computed
        return vectors

    def _cut(self, spec: EmbedderSpec, texts: Sequence[str], like: Sequence[str] | None) -> Windows:
        from tunec.runtime.models.windows import cut

        return cut(spec, texts, like)

    def _ask(self, model: ModelSpec, requests: Sequence[Request], sampling: Sampling) -> list[Answer]:
        from tunec.runtime.models.answers import ask
        from tunec.runtime.models.server import is_served

        if is_served(model):
            return self._ask_server(model, requests, sampling)
        asked_now = ask(self.store, model, requests, sampling, self.progress)
        self.requests["asked"] += asked_now.asked
        self.requests["recorded"] += asked_now.distinct - asked_now.asked
        self.requests["repeated"] += asked_now.repeated
        self._remember(model, requests, sampling, asked_now.answers)
        return asked_now.answers

    def _ask_server(self, model: ModelSpec, requests: Sequence[Request], sampling: Sampling) -> list[Answer]:
        server = self.servers.of(model)
        before = server.asked
        answers = self.servers.ask(model, requests, sampling, self.progress)
        self.requests["asked"] += server.asked - before
        self.requests["recorded"] += len(set(requests)) - (server.asked - before)
        self._remember(model, requests, sampling, answers)
        return answers

    def _remember(
        self, model: ModelSpec, requests: Sequence[Request], sampling: Sampling, answers: Sequence[Answer]
    ) -> None:
        asked = (model, sampling)
        self._answers |= {(*asked, r): a for r, a in zip(requests, answers, strict=True)}

    def spent(self) -> dict[str, float]:
        """What operators of the running step asked for, and what it costs, whether it was recorded or not; nothing
        where none asked."""
        asked, self._answers = self._answers, {}
        if not asked:
            return {}
        from tunec.runtime.models.money import price_of

        answers = list(asked.values())
        tokens = {kind: sum(getattr(a, kind) for a in answers) for kind in ("prompt_tokens", "completion_tokens")}
        prices = {model: price_of(model) for model in {key[0] for key in asked}}
        cost = sum(price.of(a) for key, a in asked.items() if (price := prices[key[0]]) is not None)
        return {"requests": len(answers), **tokens, **({"cost": round(cost, 6)} if cost else {})}

    def _losses(self, model: ModelSpec, pairs: Sequence[tuple[Prompt, str]]) -> list[Loss | None]:
        from tunec.runtime.models.scores import losses

        return self._scored(*losses(self.store, model, pairs, self.progress))

    def _ranks(self, model: ModelSpec, pairs: Sequence[tuple[Prompt, str]], most: int) -> list[Ranked | None]:
        from tunec.runtime.models.scores import ranks

        return self._scored(*ranks(self.store, model, pairs, most, self.progress))

    def _logits(
        self, model: ModelSpec, prompts: Sequence[Prompt], candidates: Sequence[str]
    ) -> list[tuple[float, ...] | None]:
        from tunec.runtime.models.scores import logits

        return self._scored(*logits(self.store, model, prompts, candidates, self.progress))

    def _rewards(self, model: ModelSpec, chats: Sequence[tuple[Message, ...]]) -> list[float | None]:
        from tunec.runtime.models.rewards import rewards

        return self._scored(*rewards(self.store, model, chats, self.progress))

    def _scored(self, scores: list[Score], computed: int) -> list[Score]:
        self.scores["computed"] += computed
        self.scores["recorded"] += len(scores) - computed
        return scores

    def _suspects(self, texts: pl.Series, items: pl.Series) -> Suspects:
        return self.screen().suspects(texts, items)

    def _items(self, benchmarks: Sequence[pl.DataFrame], with_: str) -> pl.DataFrame:
        return self.screen().items(benchmarks, with_)

    def screen(self) -> Screen:
        """What compares texts with benchmarks, and remembers the texts that it saw last."""
        from tunec.runtime.text.screening import Screen

        self._screen = self._screen or Screen()
        return self._screen

    def forget_texts(self) -> None:
        """Let go of the texts that were compared last."""
        if self._screen is not None:
            self._screen.forget()

    def _count_missing(self, reason: str, rows: int) -> None:
        self._missing[reason] = self._missing.get(reason, 0) + rows

    def said_missing(self) -> tuple[str, ...]:
        """What was said and counted since this was last asked for."""
        said, missing = self.heard()
        return (*said, *counted(missing))

    def heard(self) -> tuple[tuple[str, ...], Counter[str]]:
        """The same, with the counts by reason."""
        heard = tuple(dict.fromkeys(self._said)), Counter(self._missing)
        self._missing.clear()
        self._said.clear()
        return heard


def counted(missing: Mapping[str, int]) -> tuple[str, ...]:
    """Counts of rows, by reason, in words."""
    return tuple(f"{n:,} row{'s' * (n != 1)}: {reason}" for reason, n in sorted(missing.items()) if n)
