"""What models behind servers are still to be asked and paid, as ranges."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Amount:
    """Between `low` and `high`; None where nobody knows a bound."""

    low: float
    high: float | None

    @property
    def likely(self) -> int | None:
        """The middle; None where there is none."""
        return None if self.high is None else round((self.low + self.high) / 2)

    def __add__(self, other: Amount) -> Amount:
        """Both together."""
        unknown = self.high is None or other.high is None
        return Amount(self.low + other.low, None if unknown else (self.high or 0) + (other.high or 0))


@dataclass(frozen=True, slots=True)
class Asking:
    """What is still to be asked and paid, and how many requests are `recorded` already. `cost` is None where a model
    has no price. `basis` tells what that rests on."""

    requests: Amount
    prompt_tokens: Amount
    completion_tokens: Amount
    cost: Amount | None
    recorded: int
    basis: str
