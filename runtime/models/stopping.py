"""Texts that end an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


class StopTexts:
    """Tells `generate` which rows of a batch have written a stop text; rows are padded from there on."""

    def __init__(self, tokenizer: Any, stop: tuple[str, ...], prompt_width: int) -> None:
        self.tokenizer = tokenizer
        self.stop = stop
        self.prompt_width = prompt_width
        # A token writes at least one byte, so the last tokens hold a stop text that was completed just now; a few more
        # because the first of them may be half a character.
        self.tail = max((len(text.encode()) for text in stop), default=0) + 4

    def __call__(self, ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        """Whether each row is done; `ids` has shape (rows, tokens)."""
        import torch

        start = max(self.prompt_width, ids.shape[1] - self.tail)
        texts = self.tokenizer.batch_decode(ids[:, start:])
        return torch.tensor([any(s in text for s in self.stop) for text in texts], device=ids.device)


def cut(tokenizer: Any, ids: list[int], stop: tuple[str, ...]) -> tuple[str, int, bool]:
    """The text of an answer before the first stop text, the tokens written up to and with it, and whether it came."""
    text: str = tokenizer.decode(ids, skip_special_tokens=True)
    places = [place for place in (text.find(s) for s in stop) if place >= 0]
    if not places:
        return text, len(ids), False
    for count in range(1, len(ids) + 1):
        if any(s in tokenizer.decode(ids[:count], skip_special_tokens=True) for s in stop):
            return text[: min(places)], count, True
    return text[: min(places)], len(ids), True
