"""The data card: the README of a published data set, with the YAML header that the Hugging Face hub reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TEMPLATE = "card.md.j2"


def header(license: str, languages: list[str], splits: list[tuple[str, int]]) -> str:
    """The YAML header. Every value is written as JSON, which YAML reads as it is."""
    lines = []
    if license:
        lines.append(f"license: {json.dumps(license.lower())}")
    if languages:
        lines.append(f"language: {json.dumps(languages)}")
    lines.append('tags: ["tunec"]')
    lines += ["configs:", "- config_name: default", "  data_files:"]
    for split, _ in splits:
        lines += [f"  - split: {json.dumps(split)}", f"    path: {json.dumps(split + '-*.parquet')}"]
    return "\n".join(lines)


def render_card(values: dict[str, Any]) -> str:
    """The card. Cells of tables are escaped, because they hold what data and specs say."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    def cell(value: object) -> object:
        return value.replace("|", "\\|").replace("\n", " ") if isinstance(value, str) else value

    folder = Path(__file__).parent
    environment = Environment(
        loader=FileSystemLoader(folder), undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True
    )
    safe = {
        **values,
        "sources": [{k: cell(v) for k, v in s.items()} for s in values["sources"]],
        "dropped": [{k: cell(v) for k, v in d.items()} for d in values["dropped"]],
    }
    return environment.get_template(TEMPLATE).render(safe)
