"""Published versions for tests, as small as they can be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl

from tunec.compiler.graph import digest
from tunec.runtime.exchange.export import Exported, export
from tunec.runtime.versions.contents import contents_of, descriptions_of

#: Rows of every type, some of them Chinese, some of them with a line end that only Unicode knows.
ROWS: dict[str, list[dict[str, Any]]] = {
    "instruction": [
        {"instruction": "Translate to French.", "input": "a cat", "response": "un chat", "system": "Be short."},
        {"instruction": "解释“一石二鸟”。", "input": "", "response": "一个行动达到两个目的。\u2028完", "system": ""},
    ],
    "chat": [
        {
            "messages": [
                {"role": "system", "content": "你是助手。"},
                {"role": "user", "content": "你好"},
                {"role": "assistant", "content": "你好！"},
            ]
        },
        {
            "messages": [
                {"role": "user", "content": "One?"},
                {"role": "assistant", "content": "Two."},
                {"role": "user", "content": "Three?"},
                {"role": "assistant", "content": "Four."},
            ]
        },
    ],
    "preference": [
        {
            "messages": [{"role": "user", "content": "Say hello."}],
            "chosen": [{"role": "assistant", "content": "Hello!"}],
            "rejected": [{"role": "assistant", "content": "No."}],
        },
        {
            "messages": [{"role": "user", "content": "问好。"}],
            "chosen": [{"role": "assistant", "content": "你好！"}],
            "rejected": [{"role": "assistant", "content": "不。"}],
        },
    ],
    "rated": [
        {
            "messages": [{"role": "user", "content": "Say hello."}],
            "completion": [{"role": "assistant", "content": "Hello!"}],
            "label": True,
        },
        {
            "messages": [{"role": "user", "content": "问好。"}],
            "completion": [{"role": "assistant", "content": "不。"}],
            "label": False,
        },
    ],
    "task": [
        {"prompt": [{"role": "user", "content": "2 + 2?"}], "answer": "4"},
        {"prompt": [{"role": "user", "content": "天空是什么颜色？"}], "answer": None},
    ],
    "text": [{"text": "A story.\nIts end."}, {"text": "一个故事。"}],
    "choice": [
        {"question": "2 + 2?", "choices": ["3", "4"], "answer": "4"},
        {"question": "天空是什么颜色？", "choices": ["蓝色", "红色"], "answer": "蓝色"},
    ],
}


def version(
    folder: Path, row_type: str, splits: dict[str, list[dict[str, Any]]] | None = None, dataset: str = "out"
) -> Path:
    """Write a version with one more data set; the splits have the rows of the type where they are not given."""
    given = splits if splits is not None else {"train": ROWS[row_type], "validation": ROWS[row_type][:1]}
    place = folder / "datasets" / dataset
    place.mkdir(parents=True)
    files, entries = [], list[pl.DataFrame]()
    for split, rows in given.items():
        frame = pl.DataFrame(rows, infer_schema_length=None)
        identity = [f"{number:016x}" for number in range(frame.height)]
        nobody = pl.lit([], dtype=pl.List(pl.String))
        frame = frame.with_columns(id=pl.Series(identity, dtype=pl.String), origin=pl.lit("0" * 16), parents=nobody)
        frame.write_parquet(place / f"{split}-00000.parquet")
        entries.append(frame.select("id", "origin", verdict=pl.lit("kept"), split=pl.lit(split)))
        files += [f'  - split: "{split}"', f'    path: "{split}-*.parquet"']
    (folder / "ledger").mkdir(exist_ok=True)
    unsaid = {name: pl.lit(None, pl.String) for name in ("node", "rule", "prompt")}
    pl.concat(entries).with_columns(**unsaid).write_parquet(folder / "ledger" / f"{dataset}.parquet")
    header = ["---", "configs:", "- config_name: default", "  data_files:", *files, "---"]
    (place / "README.md").write_text("\n".join([*header, "", f"# {dataset}", ""]), encoding="utf-8")
    path = folder / "manifest.json"
    new: dict[str, Any] = {
        **{name: {} for name in ("fingerprints", "licences", "lock", "nodes", "origins")},
        **{name: {} for name in ("paths", "row_types", "rules")},
        "graph": {"nodes": [], "targets": {}}, "recipe": "", "steps": [], "targets": {},
    }  # fmt: skip
    manifest = json.loads(path.read_text(encoding="utf-8")) if path.exists() else new
    spec = {"name": "t", "version": "1.0.0", "license": "", "description": ""}
    manifest |= {"version": "t@1.0.0+0123456789ab", "spec": spec}
    sizes = {split: len(rows) for split, rows in given.items()}
    entered = sum(sizes.values())
    told = {"benchmarks": [], "doc": "", "entered": entered, "rows": entered}
    manifest["targets"][dataset] = {"kind": "dataset", "splits": sizes, **told}
    manifest["graph"]["nodes"].append({"id": dataset, "op": "concat", "inputs": [], "params": {}})
    manifest["graph"]["targets"][dataset] = {"kind": "dataset", "node": dataset}
    manifest["row_types"][dataset] = row_type
    manifest["contents"] = contents_of(folder)
    manifest.pop("check", None)
    path.write_text(json.dumps({**manifest, "check": digest(manifest)}), encoding="utf-8")
    run = {"files": descriptions_of(folder)}
    (folder / "run.json").write_text(json.dumps({**run, "check": digest(run)}), encoding="utf-8")
    return folder


def exported(tmp_path: Path, row_type: str, to: str, splits: dict[str, list[dict[str, Any]]] | None = None) -> Exported:
    """Rows of a type, exported."""
    return export(version(tmp_path / "version", row_type, splits), to, tmp_path / "out")


def lines(path: Path) -> list[dict[str, Any]]:
    """The rows of a JSON Lines file, read as strictly as can be: one a line, whatever ends a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
