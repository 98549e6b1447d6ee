"""The checks of the proof: their names, which `allow` takes, and what each of them means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

#: The checks whose rows a spec may leave out; that rows see one another is none of a row.
Allowed: TypeAlias = Literal[
    "nothing_trained",
    "wrong_turn",
    "end",
    "round_trip",
    "prefix",
    "control_token",
    "double_start",
    "too_long",
    "refused",
]

#: In the order in which a table shows them.
CHECKS: Mapping[str, str] = {
    "nothing_trained": "no token of the row is trained",
    "wrong_turn": "something is trained that the assistant did not write",
    "end": "the token that ends a turn is not trained, is padding, or is not what generation stops at",
    "round_trip": "the template leaves out, changes, moves or repeats what the row says",
    "prefix": "the template writes earlier turns otherwise once later ones follow",
    "control_token": "a text holds a control token of the model",
    "double_start": "the row begins with two start tokens",
    "too_long": "the row is longer than `max_length`",
    "refused": "the template has no form for the order of the turns",
    "packing": "rows that share a sequence see one another",
}
