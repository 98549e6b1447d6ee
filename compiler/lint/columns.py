"""Which columns a format reads. A test holds the table equal to what the formats do."""

from __future__ import annotations

from dataclasses import dataclass

from tunec.compiler.lowered import Call, Lowered, Record

#: The columns that a record cannot do without, by format; alternatives where a format knows several layouts.
FORMATS: dict[str, tuple[tuple[tuple[str, ...], ...], ...]] = {
    "alpaca": ((("instruction",),), (("output",),)),
    "belle": ((("instruction", "output"), ("input", "target")),),
    "choice": ((("question",),), (("answer",),)),
    "dolly": ((("instruction",),), (("response",),)),
    "messages": ((("messages",),),),
    "preference": ((("prompt",),), (("chosen",),), (("rejected",),)),
    "self_instruct": ((("instruction",),), (("instances",),)),
    "sharegpt": ((("conversations",),),),
    "text": ((("text",),),),
}
#: Entries of a format's record that are no columns: what is taken off a text, and the keys inside of a turn.
_NO_COLUMNS = ("strip_prefix", "role", "content")
#: Fields that a row can do without, so that a column may be missing in most of a file.
_OPTIONAL = ("input", "system", "choices")


@dataclass(frozen=True, slots=True)
class Needed:
    """A need of a format: any one of the `choices`, each of them columns that have to be there together. An `optional`
    one need not be in every record."""

    format: str  # "" for a format that is a record
    choices: tuple[tuple[str, ...], ...]
    optional: bool = False


def needed(format_: Lowered) -> list[Needed]:
    """What a lowered format reads; nothing for formats that are not known here."""
    if isinstance(format_, Call):
        return [Needed(format_.name, choices) for choices in FORMATS.get(format_.name, ())]
    return [
        Needed("", ((column,),), key in _OPTIONAL)
        for key, value in (format_.entries.items() if isinstance(format_, Record) else ())
        if key not in _NO_COLUMNS
        for column in (value if isinstance(value, tuple) else (value,))
        if isinstance(column, str)
    ]
