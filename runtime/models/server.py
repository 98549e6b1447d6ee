"""Asks models behind servers that speak OpenAI's protocol: vLLM, SGLang, llama.cpp, Ollama, `transformers serve`,
OpenAI itself and many more.

`aiohttp` is used as it is rather than through OpenAI's client, which takes four to five times the processor time a
request for what is not used here: retries, pacing and recording are those of the build.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from tunec.compiler.graph import digest
from tunec.runtime.base.method import TOKENS, Answer, Request, Sampling
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.models.batches import Batches
from tunec.runtime.models.connection import Connection
from tunec.runtime.models.money import COMPLAINT, Budget, Price, most_tokens, price_of
from tunec.runtime.models.pace import Pace
from tunec.runtime.models.recording import Recording
from tunec.runtime.models.replies import Broken, Refused, Unusable, answer_in, failure_of, wait_of
from tunec.runtime.store.answer_log import AnswerLog
from tunec.runtime.store.store import Store

#: The kinds of models that are asked request by request: behind a server, and what one answered earlier.
KIND, REPLAY = "openai", "replay"


#: Parts of a request that there is another form of, and the words of a complaint.
_FORMS = {"max_tokens": ("max_tokens", "max_completion_tokens"), "response_format": ("response_format",)}
#: Requests that wait for batches at once.
_IN_BATCHES = 20_000


def is_served(model: ModelSpec) -> bool:
    """Whether a model lies behind a server, or did when it was recorded."""
    return model.kind in (KIND, REPLAY)


def log_of(model: ModelSpec, store: Store) -> AnswerLog:
    """What a model behind a server has answered so far."""
    return AnswerLog(store, shelf_of(model))


def shelf_of(model: ModelSpec) -> str:
    """The name of the shelf that a model's answers stand on."""
    return digest([model.kind, model.id, model.revision, model.backend, model.option("extra", "")], 16)


def key_of(request: Request, sampling: Sampling) -> str:
    """The key of a request on its model's shelf: a hash of all that is sent."""
    prompt = request.prompt
    said = prompt if isinstance(prompt, str) else [{"role": m.role, "content": m.content} for m in prompt]
    return digest({"sampling": _named(sampling), **_named(request), "prompt": said}, 32)


def _named(record: Request | Sampling | Answer) -> dict[str, Any]:
    """The fields of a record by name. Unlike `asdict` it copies nothing, which takes as long as sending a request."""
    return {name: getattr(record, name) for name in record.__slots__}


class NotRecorded(OperatorError):
    """A request that a recording has no answer to."""

    def __init__(self, model: ModelSpec, request: Request) -> None:
        said = request.prompt if isinstance(request.prompt, str) else request.prompt[-1].content
        file = Path(model.folder).name
        super().__init__(f"{file} holds no answer of `{model.id}` to this request: {' '.join(said.split())[:120]!r}")


#: Is told what a request that has ended cost, and what it may have cost besides where it was cut off.
Ended: TypeAlias = Callable[[float, float], None]


@dataclass
class Server:
    """A model behind a server, in one build. `asked` counts requests that were answered now, `recorded` those that had
    been before, `retried` those that were repeated because something went wrong; `cost` is what was paid now."""

    model: ModelSpec
    store: Store
    budget: Budget | None
    warn: Callable[[str], None]
    sends: Callable[[float], Ended] = lambda most: lambda paid, lost: None  # is told of requests that have a price
    asked: int = 0
    recorded: int = 0
    retried: int = 0
    cost: float = 0.0
    pace: Pace = field(init=False)
    price: Price | None = field(init=False)
    _attempts: int = field(init=False)
    _extra: dict[str, Any] = field(init=False)
    _log: AnswerLog | Recording = field(init=False)
    _line: Connection = field(init=False)
    _running: dict[str, asyncio.Task[Answer]] = field(default_factory=dict)  # by key, whoever waits for it
    _waited_for: Counter[str] = field(default_factory=Counter)  # how many wait for it
    _sent: set[asyncio.Task[Any]] = field(default_factory=set)  # what the server is at work on
    _ends: deque[bool] = field(default_factory=lambda: deque(maxlen=50))  # how the last requests ended
    _over: OperatorError | None = None  # why the server is not asked any more
    _batches: Batches | None = None
    _without: set[str] = field(default_factory=set)  # what the server turned out not to have

    def __post_init__(self) -> None:
        option = self.model.option
        self.price, self._attempts = price_of(self.model), int(option("attempts", 6))
        self.pace = Pace(
            option("concurrency", 32), option("requests_per_minute", None), option("tokens_per_minute", None)
        )
        self._extra = json.loads(option("extra", "") or "{}")
        self._line, replayed = Connection(self.model, self._attempts), self.model.kind == REPLAY
        self._log = Recording(Path(self.model.folder)) if replayed else log_of(self.model, self.store)
        if option("batch", False):
            self.pace.most, self.pace.limit = _IN_BATCHES, float(_IN_BATCHES)
            self._batches = Batches(self.store, f"answers/{shelf_of(self.model)}", self._line, self.warn)

    async def answer(self, request: Request, sampling: Sampling, budget: Budget | None = None) -> Answer:
        """The recorded answer, or the server's, which is recorded. An answer that is of no use is of the finish
        `failed`. `budget` bounds what is paid beside the build's own, for recorded answers too. Raises OperatorError
        where nothing would be gained by going on, OutOfMoney where a bound is reached."""
        key = key_of(request, sampling)
        saved = self._log.get(key) if key not in self._running else None
        if saved is not None:
            self.recorded += 1
            answer = Answer(**saved)
            if budget is not None and self.price is not None:
                await budget.reserve(self.price.of(answer))
                budget.settle(self.price.of(answer), self.price.of(answer))
            return answer
        if self.model.kind == REPLAY:
            raise NotRecorded(self.model, request)
        if key not in self._running:  # else another unit asks the same at the same time
            budgets = [b for b in (self.budget, budget) if b is not None]
            self._running[key] = asyncio.ensure_future(self._new(key, request, sampling, budgets))
        task = self._running[key]
        self._waited_for[key] += 1
        try:
            return await asyncio.shield(task)
        finally:
            self._waited_for[key] -= 1
            if not self._waited_for[key]:
                del self._waited_for[key]
                if task not in self._sent:  # what is sent will be paid for, and recorded
                    task.cancel()

    async def _new(self, key: str, request: Request, sampling: Sampling, budgets: list[Budget]) -> Answer:
        """The server's answer, recorded."""
        try:
            answer = await self._asked(key, request, sampling, budgets)
            if answer.reason != _UNREACHED:
                self._log.add(key, _named(answer))
            return answer
        finally:
            del self._running[key]

    def known(self, request: Request, sampling: Sampling) -> Answer | None:
        """The recorded answer, where there is one; nothing is asked."""
        saved = self._log.get(key_of(request, sampling))
        return None if saved is None else Answer(**saved)

    @property
    def records(self) -> int:
        """How many answers of the model are recorded, to whatever it was asked."""
        return len(self._log)

    async def close(self, patience: float | None) -> None:
        """Let go of connections and files. What the server is at work on is waited for, for so many seconds (None: as
        long as it takes), so that nothing is paid for that is not recorded."""
        tasks = list(self._running.values())
        if tasks:
            if self._batches is None:  # else they may take a day, and are found again
                await asyncio.wait(tasks, timeout=patience)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if self._batches is not None:
            await self._batches.close()
        await self._line.close()
        self._log.close()

    async def _asked(self, key: str, request: Request, sampling: Sampling, budgets: list[Budget]) -> Answer:
        each = [
            self.price.at_most(request, sampling, attempt) if self.price is not None else 0.0
            for attempt in range(1, self._attempts + 1)
        ]
        most, bill, reserved = sum(each), _Bill(each), []
        try:
            for budget in budgets:
                await budget.reserve(most)
                reserved.append(budget)
            answer = await self._tried(key, request, sampling, bill)
            self.asked += 1
            return answer
        finally:
            for budget in reserved:
                budget.settle(most, bill.paid, bill.lost)

    async def _tried(self, key: str, request: Request, sampling: Sampling, bill: _Bill) -> Answer:
        """Ask, and ask again where that may help."""
        attempts, complaint = self._attempts, ""
        last: Answer | None = None
        changed: set[str] = set()  # what the server complained of, of this request
        attempt = 0
        while attempt < attempts:
            attempt += 1
            path, payload = self._payload(request, sampling, complaint)
            content = json.dumps(payload, ensure_ascii=False).encode()
            await self.pace.enter(self._within_a_minute(len(content) // 4 + sampling.max_tokens))
            began = time.monotonic()
            try:
                if self._over is not None:
                    raise self._over
                if key not in self._waited_for:
                    raise asyncio.CancelledError
                name = _numbered(key, attempt + len(changed))
                status, headers, said = await self._billed(name, attempt, request, sampling, path, content, bill)
                if isinstance(said, Answer):
                    if self._batches is None:
                        self.pace.went_well(time.monotonic() - began, said.completion_tokens)
                    self._ends.append(True)
                    return bill.with_all(said)
                failure = said
            except Broken as error:
                status, headers, failure = 0, {}, str(error)
            except Unusable as error:
                # The server works, the answer does not: what it cost is paid all the same.
                last, complaint, failure = error.answer, error.complaint or "", error.answer.reason
                bill.answers.append(last)
                status, headers = 200, {}
                if error.complaint is None:
                    self._ends.append(True)
                    return bill.total(last)
            except Refused as error:
                if self._does_without(str(error), changed):
                    attempt -= 1  # it was the form that was refused, and nothing was paid
                    continue
                if error.of_this_request:
                    return Answer("", "failed", 0, 0, reason=str(error))
                self._over = OperatorError(f"{self._line.name}: {error}")
                raise self._over from error
            finally:
                self.pace.leave()
            self.retried += 1
            if status in (429, 503):
                self.pace.overloaded()
            if attempt < attempts:
                await asyncio.sleep(wait_of(headers, attempt, random.random()) if status != 200 else 0)
        if last is not None and status == 200:
            self._ends.append(True)
            return replace(bill.total(last), finish="failed", reason=f"{last.reason}, {attempts} times")
        self._ends.append(False)
        if True not in self._ends or (len(self._ends) >= 10 and sum(self._ends) < len(self._ends) / 2):
            raise OperatorError(
                f"{self._line.name} does not answer: {failure} (tried {attempts} times); what was answered is kept"
            )
        self.warn(f"{self._line.name}: {failure}, {attempts} times")
        return Answer("", "failed", 0, 0, reason=_UNREACHED)

    async def _billed(
        self, name: str, attempt: int, request: Request, sampling: Sampling, path: str, content: bytes, bill: _Bill
    ) -> tuple[int, Any, Answer | str]:
        """Send a request, which a batch knows by this name: status, headers, and the answer or what is wrong. What it
        costs is on the bill however it ends. Raises Broken, Unusable, Refused."""
        most = bill.each[attempt - 1]
        # What was handed over in a batch is found again, and paid for then.
        paid, lost = 0.0, most if self._batches is None else 0.0
        ended = self.sends(lost) if self.price is not None else None
        try:
            if self._batches is not None:
                status, headers, body = await self._batches.ask(name, path, content)
            else:
                status, headers, body = await self._posted(path, content)
            failure = failure_of(status, body)
            if failure is not None:
                lost = 0.0
                return status, headers, failure
            answer = answer_in(body, request, lambda: self._at_most(request, sampling, attempt))
            paid, lost = self._price_of(answer), 0.0
            return status, headers, answer
        except Unusable as error:
            paid, lost = self._price_of(error.answer), 0.0
            raise
        except Refused:
            lost = 0.0
            raise
        except Broken:
            lost = most
            raise
        finally:
            bill.paid += paid
            bill.lost += lost
            self.cost += paid
            if ended is not None:
                ended(paid, lost)

    def _price_of(self, answer: Answer) -> float:
        return 0.0 if self.price is None else self.price.of(answer)

    def _at_most(self, request: Request, sampling: Sampling, attempt: int) -> tuple[int, int]:
        """The tokens of prompt and answer that count where the server does not state them: with a price, the most that
        they can be, as a bound on costs has to hold."""
        if self.price is None:
            return 0, 0
        if "usage" not in self._without:
            self._without.add("usage")
            what = "the most that they can be is counted"
            self.warn(f"{self._line.name} does not state how many tokens its answers take: {what}")
        return most_tokens(request, sampling, attempt)

    def _within_a_minute(self, tokens: int) -> int:
        """The most tokens of a request, which no wait would bring below the bound of a minute. Raises OperatorError."""
        if self.pace.tokens is not None and tokens > self.pace.tokens:
            raise OperatorError(
                f"`tokens_per_minute: {self.pace.tokens}` of `{self.model.id}`: a request may take {tokens:,} tokens"
            )
        return tokens

    async def _posted(self, path: str, content: bytes) -> tuple[int, Any, bytes]:
        task = asyncio.current_task()
        assert task is not None
        self._sent.add(task)
        try:
            return await self._line.exchanged("POST", path, content, {"content-type": "application/json"})
        finally:
            self._sent.discard(task)

    def _payload(self, request: Request, sampling: Sampling, complaint: str) -> tuple[str, dict[str, Any]]:
        longest = "max_completion_tokens" if "max_tokens" in self._without else "max_tokens"
        payload: dict[str, Any] = {
            "model": self.model.id,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            longest: sampling.max_tokens,
        }
        if sampling.stop:
            payload["stop"] = list(sampling.stop)
        payload |= self._extra
        if isinstance(request.prompt, str):
            return "completions", {**payload, "prompt": request.prompt}
        messages = [{"role": m.role, "content": m.content} for m in request.prompt]
        if request.schema:
            order = f"Answer with JSON that fits this JSON schema, and with nothing else:\n{request.schema}"
            if "response_format" in self._without:
                messages.append({"role": "user", "content": order})
            else:
                form = {"name": "answer", "strict": True, "schema": json.loads(request.schema)}
                payload["response_format"] = {"type": "json_schema", "json_schema": form}
        if complaint:
            messages.append({"role": "user", "content": complaint.encode()[:COMPLAINT].decode("utf-8", "ignore")})
        return "chat/completions", {**payload, "messages": messages}

    def _does_without(self, words: str, changed: set[str]) -> bool:
        """Whether the server complains of a part of a request that there is another form of. Each request may change
        each part once: when the first complaint comes, others are on their way in the old form."""
        for name, marks in _FORMS.items():
            if name not in changed and all(mark in words for mark in marks):
                changed.add(name)
                self._without.add(name)
                return True
        return False


#: Says of an answer that the server never gave it: it is asked for again by the next build.
_UNREACHED = "the server did not answer"


@dataclass(slots=True)
class _Bill:
    """What the attempts at a request cost. `each` is the most that an attempt can cost, `paid` what the answers did
    that came, also those of no use, and `lost` the most that was paid for attempts that were cut off, in dollars."""

    each: Sequence[float]
    answers: list[Answer] = field(default_factory=list)
    paid: float = 0.0
    lost: float = 0.0

    def with_all(self, answer: Answer) -> Answer:
        """The answer that came now, with the tokens of those before."""
        self.answers.append(answer)
        return self.total(answer)

    def total(self, answer: Answer) -> Answer:
        """An answer with the tokens of all attempts."""
        if len(self.answers) == 1:
            return answer
        return replace(answer, **{name: sum(getattr(a, name) for a in self.answers) for name in TOKENS})


def _numbered(key: str, attempt: int) -> str:
    """What an attempt at a request is called in a batch."""
    return key if attempt == 1 else f"{key}-{attempt}"
