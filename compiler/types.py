"""The types of values that a spec handles, and the types of rows that flow through it."""

from __future__ import annotations

from enum import StrEnum

from tunec.dsl.record import record


class RowType(StrEnum):
    """What a row is (`docs/language.md`, row types)."""

    TEXT = "text"
    INSTRUCTION = "instruction"
    CHAT = "chat"
    PREFERENCE = "preference"
    RATED = "rated"
    CHOICE = "choice"
    TASK = "task"


#: The split of rows that are in none, beside others that are in one.
TRAIN = "train"

#: The content columns of each row type, in the order in which files hold them. Hashes of content follow this order.
CONTENT: dict[RowType, tuple[str, ...]] = {
    RowType.TEXT: ("text",),
    RowType.INSTRUCTION: ("instruction", "input", "response", "system"),
    RowType.CHAT: ("messages", "tools"),
    RowType.PREFERENCE: ("messages", "chosen", "rejected", "tools"),
    RowType.RATED: ("messages", "completion", "label", "tools"),
    RowType.CHOICE: ("question", "choices", "answer"),
    RowType.TASK: ("prompt", "answer"),
}

#: The content columns that hold lists of messages, in the order in which they are read.
MESSAGES: dict[RowType, tuple[str, ...]] = {
    RowType.CHAT: ("messages",),
    RowType.PREFERENCE: ("messages", "chosen", "rejected"),
    RowType.RATED: ("messages", "completion"),
    RowType.TASK: ("prompt",),
}

#: The keys of a message, in order. Whatever a message does not have is missing, never an empty text.
MESSAGE = ("role", "content", "reasoning", "tool_calls", "tool_call_id", "name", "train")

#: The content columns that a row may lack. In ids a missing one counts as an empty text, so that an id does not depend
#: on how a file says that there is nothing.
OPTIONAL: dict[RowType, tuple[str, ...]] = {
    RowType.INSTRUCTION: ("input", "system"),
    RowType.CHAT: ("tools",),
    RowType.PREFERENCE: ("tools",),
    RowType.RATED: ("tools",),
    RowType.CHOICE: ("choices",),
    RowType.TASK: ("answer",),
}

#: The name under which an operator that looks at its arguments finds the type of the rows at hand, or none.
AT_HAND = "rows at hand"

_TURNS = {"prompts": "list[text]", "text": "text", "turns": "int"}
_ANSWERS = {"reasoning": "text", "reasonings": "list[text]", "tool_calls": "list[text]", "tools": "list[text]"}
#: The names that a row expression may use for each row type: content columns, and what is computed from them.
FIELDS: dict[RowType, dict[str, str]] = {
    RowType.TEXT: {"text": "text"},
    RowType.INSTRUCTION: {
        "instruction": "text", "input": "text", "response": "text", "system": "text", "prompt": "text", "text": "text",
    },
    RowType.CHAT: {
        "messages": "messages", "prompt": "text", "response": "text", "responses": "list[text]", **_TURNS, **_ANSWERS,
    },
    RowType.PREFERENCE: {
        "messages": "messages", "prompt": "text", "chosen": "text", "rejected": "text", **_TURNS, **_ANSWERS,
    },
    RowType.RATED: {
        "messages": "messages", "prompt": "text", "response": "text", "responses": "list[text]", "completion": "text",
        "label": "bool", **_TURNS, **_ANSWERS,
    },
    RowType.CHOICE: {
        "question": "text", "choices": "list[text]", "answer": "text", "prompt": "text", "response": "text",
        "text": "text",
    },
    RowType.TASK: {"prompt": "text", "answer": "text", **_TURNS},
}  # fmt: skip


@record
class Type:
    """A type: its name and, for `list`, the type of its items; for `enum`, the words; for `operator`, the kinds."""

    name: str
    item: Type | None = None
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.name == "list":
            return f"[{self.item}]"
        if self.name == "enum":
            return "|".join(self.words)
        if self.name == "operator":
            return "|".join(self.words) + "(…)"
        if self.name == "mixed":
            return f"values of several types ({', '.join(self.words)})"
        return self.name


TEXT, INT, FLOAT, BOOL = Type("text"), Type("int"), Type("float"), Type("bool")
SHARE, MONEY, DURATION, SIZE = Type("share"), Type("money"), Type("duration"), Type("size")
RANGE, REGEX, NONE, ANY, RECORD = Type("range"), Type("regex"), Type("none"), Type("any"), Type("record")
#: A text that names a file or a folder; what is written in a spec starts in the folder of the file that it stands in.
PATH = Type("path")
ROWS, MODEL, EMBEDDER, TOKENIZER, REPORT = (
    Type("rows"), Type("model"), Type("embedder"), Type("tokenizer"), Type("report"),
)  # fmt: skip
CHARACTER = Type("character")
#: A rule that was fitted.
FITTED = Type("fitted rule")
#: A number, a list of numbers over the layers of a model, or a record of those by parts of the names of weights.
SCHEDULE = Type("schedule")
#: What an environment variable holds: only `env("NAME")` is one, and only the name of the variable is known here.
SECRET = Type("secret")
#: Any one value that can be written as a text.
SCALAR = Type("scalar", words=("text", "int", "float", "share", "bool", "date", "timestamp", "time", "mixed"))
NUMBERS = ("int", "float", "share")


def accepts(wanted: Type, given: Type) -> bool:
    """Whether a value of type `given` may stand where `wanted` is asked for."""
    if "secret" in (wanted.name, given.name):
        return wanted == given
    if "any" in (wanted.name, given.name) or wanted == given:
        return True
    if wanted.name == "list":
        if given.name == "list":
            return wanted.item is None or given.item is None or accepts(wanted.item, given.item)
        return False
    if wanted.name == "scalar":
        return given.name in wanted.words
    if wanted.name == "float":
        return given.name in NUMBERS
    if wanted.name == "share":
        return given.name in NUMBERS
    if wanted.name == "int":
        return given.name == "int"
    if wanted.name == "schedule":
        return given.name in (*NUMBERS, "list", "record")
    if wanted.name in ("regex", "path", "character"):
        return given.name == "text"
    if wanted.name in ("money", "duration", "size"):
        return False
    return False
