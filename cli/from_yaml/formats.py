"""Formats: field maps of other tools as records of the language, or as the named format that reads the same."""

from __future__ import annotations

from collections.abc import Mapping

from tunec.compiler.elaborate.formats import ENTRIES
from tunec.compiler.types import CONTENT, RowType
from tunec.dsl.print import print_text
from tunec.from_yaml.settings import Settings
from tunec.from_yaml.start import Asked, Format

#: Named formats by row type and the record that they stand for.
_NAMED: dict[tuple[str, tuple[tuple[str, str], ...]], str] = {
    ("instruction", (("instruction", "instruction"), ("input", "input"), ("response", "output"))): "alpaca",
    ("instruction", (("instruction", "instruction"), ("input", "context"), ("response", "response"))): "dolly",
    ("chat", (("messages", "messages"), ("role", "role"), ("content", "content"))): "messages",
    ("chat", (("messages", "conversations"), ("role", "from"), ("content", "value"))): "sharegpt",
    ("text", (("text", "text"),)): "text",
    ("preference", (("prompt", "prompt"), ("chosen", "chosen"), ("rejected", "rejected"))): "preference",
    ("rated", (("prompt", "prompt"), ("completion", "completion"), ("label", "label"))): "kto",
}
#: Fields that the named formats of chats read anyway if their columns are called so.
_READ_ANYWAY = {"sharegpt": ("system",), "messages": ("system",), "preference": ("system",), "kto": ("system",)}
#: Keys of a turn that need not be written.
_DEFAULT = {"role": "role", "content": "content"}
#: What a row cannot do without.
_NEEDED = {
    "text": ("text",),
    "instruction": ("instruction",),
    "chat": ("messages",),
    "preference": ("chosen", "rejected"),
    "rated": ("label",),
}


def column(settings: Settings, key: str, default: str = "") -> Asked:
    """The column that a key names, or the default of the tool."""
    given = key in settings
    return Asked(settings.text(key, default), settings if given else None, key)


def record(settings: Settings, rows: str, fields: Mapping[str, Asked]) -> Format:
    """The format for a field map. A field that the language has no form for is left; if a row needs that field, the
    format is only what is meant."""
    known = entries(rows)
    names = {field: str(column.value) for field, column in fields.items()}
    meant = Format(rows, _written(rows, names), ready=False)
    if not known:
        settings.leave_entry(f"not carried: {rows} rows are not supported yet")
        return meant
    named = _named(rows, {field: name for field, name in names.items() if field not in ("system", "tools")})
    read = [field for field in ("system", "tools") if names.get(field) == field and field in _read_by(named)]
    for field, column in fields.items():
        if field not in known and field not in read:
            column.leave(f"not carried: a format of {rows} rows has no entry `{field}`")
    fits = {field: name for field, name in names.items() if field in known and field not in read}
    missing = [field for field in _NEEDED[rows] if field not in fits]
    if rows == "chat" and {"user", "assistant"} <= fits.keys():
        missing = []
    if rows in ("preference", "rated") and not fits.keys() & {"prompt", "messages"}:
        missing.append("prompt")
    if missing:
        settings.leave_entry(f"not carried: a format of {rows} rows needs a column for `{missing[0]}`")
        return meant
    return Format(rows, _written(rows, fits))


def _written(rows: str, names: Mapping[str, str]) -> str:
    parts = ", ".join(f"{field}: {print_text(name)}" for field, name in names.items() if name != _DEFAULT.get(field))
    return _named(rows, names) or f"{{{parts}}}"


def entries(rows: str) -> tuple[str, ...]:
    """What a record may say of rows of a type; nothing for a type that the language does not have."""
    return ENTRIES[RowType(rows)] if rows in {str(known) for known in RowType} else ()


def role_is_known(name: str, role: str) -> bool:
    """Whether the reader of turns makes this role of a name by itself."""
    from tunec.runtime.base.values import FormatError
    from tunec.runtime.sources.conversations import role_of

    try:
        return role_of(name, "") == role
    except FormatError:
        return False


def _read_by(named: str) -> tuple[str, ...]:
    tools = ("tools",) if "tools" in CONTENT[RowType.CHAT] else ()
    return (*_READ_ANYWAY.get(named, ()), *(tools if named in _READ_ANYWAY else ()))


def _named(rows: str, fields: Mapping[str, str]) -> str:
    return next(
        (name for (kind, wanted), name in _NAMED.items() if kind == rows and dict(wanted) == dict(fields)),
        "",
    )
