"""Settings of another tool, read so that nothing is lost: a key knows its line, and one that nobody takes is reported.

Every reader takes the keys that it carries and leaves the others with a reason. What was neither taken nor left when
the reader is done is left by `rest`, so a key can only be passed over by writing down why.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: Values by which a setting says that it is not used.
_OFF: tuple[Any, ...] = (None, False, "", 0, "no", "none", [])


class NotUnderstood(Exception):
    """The file is not a configuration that is known here; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Left:
    """A key that the spec does not carry: where it stands, and why."""

    file: str
    line: int
    key: str
    reason: str

    def __str__(self) -> str:
        # Keys are data: one that holds a line break must not end the comment that names it.
        return " ".join(f"{self.file}:{self.line}: {self.key}: {self.reason}".split())


@dataclass(slots=True)
class Settings:
    """A mapping of a configuration file. `place` is how its keys are reached: `datasets[0]`, or nothing at the top."""

    file: Path
    place: str
    line: int
    values: Mapping[str, Any]
    lines: Mapping[str, int]
    left: list[Left]
    taken: set[str] = field(default_factory=set)

    def __contains__(self, key: str) -> bool:
        return self.values.get(key) is not None

    def take(self, key: str) -> Any:
        """The value of a key as it stands, which counts as carried; None where there is none."""
        self.taken.add(key)
        return self.values.get(key)

    def text(self, key: str, default: str = "") -> str:
        """A text, or a whole number as a text."""
        value = self.take(key)
        if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
            return str(value)
        self._unfit(key, "a text")
        return default

    def number(self, key: str, default: float | None = None) -> float | None:
        """A number; YAML reads `2e-4` as a text."""
        value = self.take(key)
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                value = None
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15:
            return int(value) if value == int(value) else float(value)
        self._unfit(key, "a number")
        return default

    def flag(self, key: str, default: bool = False) -> bool:
        """Whether something is switched on."""
        value = self.take(key)
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if isinstance(value, bool):
            return value
        self._unfit(key, "true or false")
        return default

    def inner(self, key: str) -> Settings:
        """A mapping inside of this one; an empty one where there is none. Raises NotUnderstood for anything else."""
        value = self.take(key)
        if value is None:
            return Settings(self.file, self.at(key), self.lines.get(key, self.line), {}, {}, self.left)
        if not isinstance(value, Settings):
            raise NotUnderstood(f"{self.where(key)}: expected a mapping")
        return value

    def texts(self, key: str, separator: str = "") -> list[str]:
        """A list of texts; a single text is a list of one, or of several where a separator stands between them."""
        value = self.take(key)
        items = value if isinstance(value, list) else [] if value is None else [value]
        if not all(isinstance(item, str | int | float) for item in items):
            self._unfit(key, "a list of texts")
            return []
        if separator and not isinstance(value, list):
            items = [part for item in items for part in str(item).split(separator)]
        return [str(item).strip() for item in items]

    def at(self, key: str) -> str:
        """How a key of this mapping is reached from the top of its file."""
        shown = key if re.fullmatch(r"[\w-]+", key) else repr(key)
        return f"{self.place}.{shown}" if self.place else shown

    def where(self, key: str = "") -> str:
        """File, line and key, as messages show them."""
        line = self.lines.get(key, self.line)
        return " ".join(f"{self.file.name}:{line}: {self.at(key) if key else self.place}".split())

    def leave(self, key: str, reason: str) -> None:
        """Report that the spec does not carry a key; nothing where the key is not there."""
        self.taken.add(key)
        said = Left(self.file.name, self.lines.get(key, self.line), self.at(key), reason)
        if self.values.get(key) is not None and said not in self.left:
            self.left.append(said)

    def leave_entry(self, reason: str) -> None:
        """Report something about this mapping as a whole."""
        self.left.append(Left(self.file.name, self.line, self.place or "the file", reason))

    def rest(self, reasons: Mapping[str, str], tool: str) -> None:
        """Leave all keys that were not taken. `reasons` maps patterns of known keys to why a spec has no use for them;
        one of these that is switched off says nothing and is passed over."""
        from tunec.compiler.names import closest

        for key in [key for key in self.values if key not in self.taken]:
            known = next((reason for pattern, reason in reasons.items() if re.fullmatch(pattern, key)), None)
            if known is None:
                near = closest(key, [*self.taken, *(p for p in reasons if re.fullmatch(r"\w+", p))])
                meant = f"; did you mean `{near}`?" if near else ""
                self.leave(key, f"not carried: tunec does not know this key of {tool}{meant}")
            elif self.values[key] not in _OFF:
                self.leave(key, f"not carried: {known}")

    def _unfit(self, key: str, wanted: str) -> None:
        self.leave(key, f"not carried: expected {wanted}")


def read_settings(path: Path, left: list[Left]) -> Settings:
    """The settings in a YAML or JSON file. Raises NotUnderstood and OSError."""
    try:
        import yaml
    except ImportError as error:
        raise NotUnderstood("reading YAML needs PyYAML: pip install pyyaml") from error

    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotUnderstood(f"{path} is not valid UTF-8 at byte {error.start}") from error
    if path.suffix == ".json":
        text = text.replace("\t", " ")  # JSON may be indented by tabs, and holds none in its texts
    try:
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            value = None if node is None else _Walk(path, loader, left).value(node, "")
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise NotUnderstood(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise NotUnderstood(f"{path} is nested too deeply") from error
    if not isinstance(value, Settings):
        raise NotUnderstood(f"{path} is not a mapping, as the configurations of all tools are")
    return value


class _Walk:
    """Turns the nodes of a YAML document into values, with their lines."""

    def __init__(self, path: Path, loader: Any, left: list[Left]) -> None:
        self.path, self.loader, self.left = path, loader, left
        self.done: dict[int, Any] = {}
        self.open: set[int] = set()

    def value(self, node: Any, place: str) -> Any:
        """The value of a node. Anchors may lead here more than once, but never in a circle."""
        if id(node) in self.open:
            raise NotUnderstood(f"{self.path.name}:{node.start_mark.line + 1}: `{place}` contains itself")
        if id(node) not in self.done:
            self.open.add(id(node))
            self.done[id(node)] = self._made(node, place)
            self.open.discard(id(node))
        return self.done[id(node)]

    def _made(self, node: Any, place: str) -> Any:
        if node.id == "mapping":
            return self._mapping(node, place)
        if node.id == "sequence":
            return [self.value(item, f"{place}[{number}]") for number, item in enumerate(node.value)]
        return _whole(self.loader.construct_object(node), node, self.path)

    def _mapping(self, node: Any, place: str) -> Settings:
        self.loader.flatten_mapping(node)
        values: dict[str, Any] = {}
        lines: dict[str, int] = {}
        found = Settings(self.path, place, node.start_mark.line + 1, values, lines, self.left)
        for key_node, value_node in node.value:
            key = str(_whole(self.loader.construct_object(key_node, deep=True), key_node, self.path))
            # A merged mapping (`<<`) comes first and may be written over; its lines are those of another mapping.
            if key in values and lines[key] >= found.line:
                reason = f"not carried: given again in line {key_node.start_mark.line + 1}"
                self.left.append(Left(self.path.name, lines[key], found.at(key), reason))
            values[key] = self.value(value_node, found.at(key))
            lines[key] = key_node.start_mark.line + 1
        return found


def _whole(value: Any, node: Any, path: Path) -> Any:
    """A scalar, with the halves of characters that JSON escapes apart (`\\ud83d\\ude00`) joined."""
    if not isinstance(value, str) or not re.search("[\ud800-\udfff]", value):
        return value
    try:
        return value.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError as error:
        where = f"{path.name}:{node.start_mark.line + 1}"
        raise NotUnderstood(f"{where}: half a character, as if a text was cut in two") from error
