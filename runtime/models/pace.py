"""How fast a server is asked: as many requests at once as it takes, and no more a minute than was agreed."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field

#: The fewest answers of a window, and tokens that an answer takes the time of, beside its own.
_WINDOW, _BESIDE = 16, 16
#: How much slower a window is that asks for fewer requests, and by how much the quickest is forgotten with each window.
_SLOWER, _FORGETTING = 2.0, 1.02


@dataclass
class Pace:
    """Lets requests go ahead, in the order in which they come. `most` run at once; where the server is overloaded, or
    takes twice as long for an answer as it did, half as many, and with every answer that comes a little more again
    (additive increase, multiplicative decrease). `per_minute` bounds requests, `tokens` what they say and may be
    answered.

    How long an answer takes is looked at by the median of a window of answers, relative to their length, and compared
    with the quickest window so far. What was on its way when there were more says nothing about fewer, so the window
    after a cut is left out."""

    most: int
    per_minute: int | None = None
    tokens: int | None = None
    limit: float = 0.0
    running: int = 0
    _waiting: deque[asyncio.Future[None]] = field(default_factory=deque)
    _started: deque[tuple[float, int]] = field(default_factory=deque)  # in the last minute: when, tokens
    _cut: float = 0.0
    _window: list[float] = field(default_factory=list)  # seconds a token of the last answers
    _quickest: float = 0.0  # the median of the quickest window
    _settling: bool = False

    def __post_init__(self) -> None:
        self.limit = float(self.most)

    async def enter(self, tokens: int) -> None:
        """Wait until a request of so many tokens may go."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._wake()
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # its turn came at the same time
                self.leave()
            raise
        try:
            while (pause := self._pause(tokens)) > 0:
                await asyncio.sleep(pause)
        except BaseException:
            self.leave()
            raise
        if self.per_minute is not None or self.tokens is not None:
            self._started.append((time.monotonic(), tokens))

    def leave(self) -> None:
        """A request has ended."""
        self.running -= 1
        self._wake()

    def went_well(self, seconds: float = 0.0, tokens: int = 0) -> None:
        """The server kept up, and took so long for an answer of so many tokens."""
        self.limit = min(float(self.most), self.limit + 1 / max(1.0, self.limit))
        self._window.append(seconds / (tokens + _BESIDE))
        if len(self._window) >= max(_WINDOW, int(self.limit)):
            self._look_back()
        self._wake()

    def _look_back(self) -> None:
        median = sorted(self._window)[len(self._window) // 2]
        self._window.clear()
        if self._settling:
            self._settling = False
        elif self._quickest and median > _SLOWER * self._quickest:
            self.limit, self._settling = max(1.0, self.limit / 2), True
        else:
            # What was quick long ago may have been luck, or a shorter kind of prompt.
            self._quickest = min(median, self._quickest * _FORGETTING) if self._quickest else median

    def overloaded(self) -> None:
        """The server asked for less. Requests that were on their way together count once."""
        now = time.monotonic()
        if now - self._cut > 1:
            self._cut, self.limit = now, max(1.0, self.limit / 2)

    def _wake(self) -> None:
        """Let those go ahead who have waited longest. They count as running at once, so that nobody who comes meanwhile
        goes before them: units that wait are those that are committed first, and all others wait for them."""
        while self._waiting and self.running < int(self.limit):
            turn = self._waiting.popleft()
            if not turn.done():
                self.running += 1
                turn.set_result(None)

    def _pause(self, tokens: int) -> float:
        """Seconds until the bounds of a minute allow another request."""
        now = time.monotonic()
        while self._started and now - self._started[0][0] >= 60:
            self._started.popleft()
        if not self._started:
            return 0.0
        many = self.per_minute is not None and len(self._started) >= self.per_minute
        much = self.tokens is not None and sum(t for _, t in self._started) + tokens > self.tokens
        return 60 - (now - self._started[0][0]) if many or much else 0.0
