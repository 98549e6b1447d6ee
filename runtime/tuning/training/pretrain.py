"""Further pre-training with TRL: plain texts, split where they are long, and packed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tunec.runtime.base.method import Job, Prepared, Trained
from tunec.runtime.models.chat import Chat, NotTrainable, Piece, control_token
from tunec.runtime.tuning.training.packed import check_packing
from tunec.runtime.tuning.training.proof.proof import prove
from tunec.runtime.tuning.training.run import Setup, run
from tunec.runtime.tuning.training.settings import Settings
from tunec.runtime.tuning.training.sft import sft_trainer
from tunec.runtime.tuning.training.tokenizers import document_end

if TYPE_CHECKING:
    import polars as pl

#: No document is too long: it is split.
ENDLESS = 2**62


@dataclass(frozen=True, slots=True)
class Pretrain:
    """Every token of a text is learnt, with the token that ends documents; texts in one sequence do not see each
    other."""

    settings: Settings

    def train(self, job: Job) -> Trained:
        """See `Objective`."""
        return run(job, self.settings, self.prepare, self.trainer, check_packing)

    def prepare(self, tokenizer: Any, rows: pl.DataFrame, stops: frozenset[str]) -> Prepared:
        """Texts as tokens, in parts of at most `max_length`; none of them is lost."""
        end = document_end(tokenizer)
        chats = [Chat(({"role": "user", "content": text or ""},)) for text in rows["text"]]
        kept, failed = prove(tokenizer, chats, ENDLESS, stops, lambda t, chat, _: _document(t, chat, end))
        longest, parts = self.settings.max_length, list[list[int]]()
        for row in kept.values():
            parts += [list(row.ids[at : at + longest]) for at in range(0, len(row.ids), longest)]
        records = tuple({"input_ids": part, "labels": part} for part in parts)
        return Prepared(records, tuple(map(len, parts)), sum(map(len, parts)), failed)

    def trainer(self, setup: Setup) -> Any:
        """TRL's trainer, which packs the parts."""
        return sft_trainer(setup, self.settings)


def _document(tokenizer: Any, chat: Chat, end: str) -> list[Piece]:
    text = chat.messages[0]["content"]
    control = control_token(tokenizer, chat)
    if control is not None:
        raise NotTrainable("control_token", "control token in the text", control)
    if not text.strip():
        raise NotTrainable("nothing_trained", "an empty text", "0", ">= 1")
    return [Piece(text + end, True)]
