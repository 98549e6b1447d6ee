"""What a number may be: the ranges that parameters state, `Annotated[int, "1.."]`."""

from __future__ import annotations

from functools import cache

from tunec.dsl.record import record


@record
class Limits:
    """A range that a number lies in, or the number of items of a list. `1..` is at least 1; `<` beside the dots leaves
    out that end: `0<..1` is above 0 and at most 1."""

    low: float | None = None
    high: float | None = None
    above: bool = False
    below: bool = False

    def hold(self, number: float) -> bool:
        """Whether a number lies in the range."""
        if self.low is not None and (number < self.low or (self.above and number == self.low)):
            return False
        return self.high is None or number < self.high or (not self.below and number == self.high)

    def __str__(self) -> str:
        low = "" if self.low is None else f"{self.low:g}"
        high = "" if self.high is None else f"{self.high:g}"
        return f"{low}{'<' * self.above}..{'<' * self.below}{high}"

    @property
    def words(self) -> str:
        """The range in words, as they follow "must be"."""
        low = "" if self.low is None else f"{'above' if self.above else 'at least'} {self.low:g}"
        high = "" if self.high is None else f"{'below' if self.below else 'at most'} {self.high:g}"
        if low and high and not self.above and not self.below:
            return f"from {self.low:g} to {self.high:g}"
        return " and ".join(part for part in (low, high) if part)


@cache
def limits(text: str) -> Limits:
    """The range that a text states; a ValueError for any other text."""
    low, dots, high = text.partition("..")
    above, below = low.endswith("<"), high.startswith("<")
    first, last = low.removesuffix("<"), high.removeprefix("<")
    try:
        if dots:
            return Limits(float(first) if first else None, float(last) if last else None, above, below)
    except ValueError:
        pass
    raise ValueError(f"{text!r} is not a range such as '1..', '0<..1' or '..<5'")


#: What numbers of a kind may be where a parameter says nothing else.
USUAL = {"int": limits("0.."), "share": limits("0..1"), "money": limits("0<..")}
