"""Turns the data set list of another tool into a spec to start from: axolotl's YAML, LLaMA-Factory's `dataset_info`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunec.compiler.types import FIELDS
from tunec.dsl.tables import WORDS

_CONNECTORS = {".jsonl": "jsonl", ".json": "json", ".csv": "csv", ".parquet": "parquet"}
#: What axolotl calls `type`, LLaMA-Factory `formatting`: our formats.
_FORMATS = {
    "alpaca": "alpaca", "sharegpt": "sharegpt", "chat_template": "messages", "completion": "text", "pretrain": "text",
    "openai": "messages",
}  # fmt: skip


class NotUnderstood(Exception):
    """The file is not a known list of data sets; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One data set of the list: where it is, its format as a spec writes it, and what has to be looked at."""

    name: str
    path: str
    format: str
    split: str = ""
    remark: str = ""


def spec_from_yaml(path: Path) -> str:
    """The text of a spec with every data set of the file, in canonical form. Raises NotUnderstood and OSError."""
    try:
        import yaml
    except ImportError as error:
        raise NotUnderstood("reading YAML needs PyYAML: pip install pyyaml") from error
    from tunec.dsl.format import format_text
    from tunec.dsl.source import Source

    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise NotUnderstood(f"{path} is not valid UTF-8 at byte {error.start}") from error
    except yaml.YAMLError as error:
        raise NotUnderstood(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(document, dict):
        raise NotUnderstood(
            f"{path} is not a mapping; expected `datasets:` (axolotl) or an entry per data set (LLaMA-Factory)"
        )
    listed = list(_axolotl(document) if isinstance(document.get("datasets"), list) else _llamafactory(document))
    if not listed:
        raise NotUnderstood(f"{path} lists no data sets; expected `datasets:` (axolotl), `file_name` or `hf_hub_url`")
    return format_text(Source(path.stem, _text(path.stem, listed, document)))


def _axolotl(document: Mapping[str, Any]) -> Iterator[Listed]:
    """https://docs.axolotl.ai/docs/dataset-formats/ and the configuration reference, `datasets`."""
    for number, entry in enumerate(document["datasets"], 1):
        if not isinstance(entry, dict) or not isinstance(entry.get("path"), str):
            raise NotUnderstood(f"entry {number} of `datasets` has no `path`")
        kind = entry.get("type", "alpaca")
        remark = ""
        if isinstance(kind, dict):
            form = _record({ours: kind.get(f"field_{theirs}") for ours, theirs in _OWN.items()})
        else:
            form = _FORMATS.get(str(kind).split(".")[0], "")
            remark = "" if form else f"unknown axolotl type {kind}: check the format"
        column = entry.get("field_messages")
        if form == "messages" and column not in (None, "messages"):
            form = _record({"messages": column})
        split = str(entry.get("split", "train"))
        said = entry.get("data_files") or entry["path"]
        files = [str(file) for file in said] if isinstance(said, list) else [str(said)]
        for file in files:
            name = _name(file if len(files) > 1 else entry["path"], number)
            yield Listed(name, file, form or "alpaca", split, remark)


_OWN = {"instruction": "instruction", "input": "input", "response": "output", "system": "system"}


def _llamafactory(document: Mapping[str, Any]) -> Iterator[Listed]:
    """https://github.com/hiyouga/LLaMA-Factory, data/README.md."""
    for name, entry in document.items():
        if not isinstance(entry, dict) or not (entry.keys() & {"file_name", "hf_hub_url", "ms_hub_url"}):
            continue
        columns = _mapping(entry, "columns", name)
        where = str(entry.get("file_name") or entry.get("hf_hub_url") or entry["ms_hub_url"])
        formatting = str(entry.get("formatting", "alpaca"))
        if formatting not in _FORMATS:
            raise NotUnderstood(
                f"`{name}` has unknown formatting `{formatting}`; expected one of {', '.join(_FORMATS)}"
            )
        form = _FORMATS[formatting]
        if entry.get("ranking"):
            wanted = {
                "prompt": columns.get("prompt"),
                "chosen": columns.get("chosen"),
                "rejected": columns.get("rejected"),
            }
            form = _record(wanted) if all(wanted.values()) else "preference"
        elif form == "alpaca" and columns:
            ours = {"instruction": "prompt", "input": "query", "response": "response", "system": "system"}
            form = _record({our: columns.get(theirs) for our, theirs in ours.items()})
        elif form in ("sharegpt", "messages") and "messages" in columns:
            tags = _mapping(entry, "tags", name)
            form = _record(
                {
                    "messages": columns["messages"],
                    "role": tags.get("role_tag", "from"),
                    "content": tags.get("content_tag", "value"),
                }
            )
        remark = "on ModelScope, not on the Hugging Face Hub: check the path" if "ms_hub_url" in entry else ""
        yield Listed(_name(str(name), 0), where, form, str(entry.get("split", "train")), remark)


def _mapping(entry: Mapping[str, Any], key: str, name: object) -> Mapping[str, Any]:
    found = entry.get(key) or {}
    if not isinstance(found, dict):
        raise NotUnderstood(f"`{key}` of `{name}` is not a mapping")
    return found


def _record(fields: Mapping[str, object]) -> str:
    return "{" + ", ".join(f"{ours}: {_quoted(str(theirs))}" for ours, theirs in fields.items() if theirs) + "}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


#: What a source cannot be called: keywords, the data set that is written below, and fields, which it would hide.
_TAKEN = frozenset(WORDS) | {"data", "id", "origin", "split"} | {name for fields in FIELDS.values() for name in fields}


def _name(text: str, number: int) -> str:
    """A name that a spec may give, from a path or a repository."""
    stem = re.sub(r"\W+", "_", re.sub(r"\.(jsonl?|csv|parquet)(\.(gz|zst))?$", "", text.rsplit("/", 1)[-1])).strip("_")
    plain = stem.lower() or f"source_{number}"
    return plain if plain[0].isalpha() and plain not in _TAKEN else f"s_{plain}"


def _text(name: str, listed: list[Listed], document: Mapping[str, Any]) -> str:
    lines = [f'spec {_name(name, 0)}(version: "0.0.0")', ""]
    names: list[str] = []
    for item in listed:
        own = item.name
        while own in names:
            own += "_more"
        names.append(own)
        if item.remark:
            lines.append(f"# {' '.join(item.remark.split())}")
        suffix = Path(re.sub(r"\.(gz|zst)$", "", item.path)).suffix
        connector = _CONNECTORS.get(suffix, "hub")
        split = f", split: {_quoted(item.split)}" if connector == "hub" else ""
        lines.append(f"source {own} = {connector}({_quoted(item.path)}{split}, format: {item.format})")
    share = document.get("val_set_size", document.get("val_size", 0.1))
    held = float(share) if isinstance(share, int | float) and 0 < float(share) < 1 else 0.1
    lines += [
        "",
        f"dataset data from [{', '.join(names)}] {{" if len(names) > 1 else f"dataset data from {names[0]} {{",
        "normalize(unicode: nfc, whitespace: collapse)",
        "dedup { exact(text) }",
        f"split {{ train: {100 * (1 - held):g}%, validation: {100 * held:g}% }}",
        "}",
    ]
    base = document.get("base_model") or document.get("model_name_or_path")
    if base:
        lines.append(f"\n# The base model was {' '.join(str(base).split())}: add a `model` and a `train` block.")
    return "\n".join(lines) + "\n"
