"""The lock file names what moved, and git merges it."""

from __future__ import annotations

import json
import subprocess
from importlib import metadata
from pathlib import Path

import pytest

from tunec.compiler.pipeline import compile_spec
from tunec.runtime.building.build import plan_build
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.models.bundled import EMBEDDERS, bundle, weights_file
from tunec.runtime.sources.lock import Lock, moved, read_lock, render_lock, write_lock
from tunec.runtime.store.store import Store

pytestmark = pytest.mark.usefixtures("unbound")
ENTRIES = {"file b.jsonl": {"sha256": "22"}, "file a.jsonl": {"sha256": "11"}, "model bundled x": {"revision": "r1"}}


def test_what_is_written_is_read_back_sorted(tmp_path: Path) -> None:
    write_lock(tmp_path / "a.lock", "a.tune", ENTRIES)
    text = (tmp_path / "a.lock").read_text()
    assert text.index("a.jsonl") < text.index("b.jsonl") < text.index("model")
    assert read_lock(tmp_path / "a.lock") == ENTRIES


def test_moved_names_each_difference() -> None:
    now = {"file a.jsonl": {"sha256": "99"}, "model bundled x": {"revision": "r1"}, "file c.jsonl": {"sha256": "33"}}
    assert moved(ENTRIES, now) == [
        "file a.jsonl moved: sha256 11 → 99",
        "file b.jsonl is in the lock and no longer needed",
        "file c.jsonl is not in the lock",
    ]
    assert moved(ENTRIES, ENTRIES) == []


def pins(folder: Path, text: str) -> Lock:
    """What a plan of a spec pins."""
    folder.mkdir(exist_ok=True)
    (folder / "t.tune").write_text(text, encoding="utf-8")
    compiled = compile_spec(folder / "t.tune", load_catalogue())
    assert compiled.graph is not None, compiled.diagnostics
    return plan_build(compiled.graph, load_catalogue(), folder, Store(folder / ".tunec")).outside.pins


def test_files_of_one_name_have_a_pin_each_and_none_is_an_absolute_path(tmp_path: Path) -> None:
    for name in "abcd":
        (tmp_path / name).mkdir()
        row = {"instruction": f"Name {name}.", "output": "ok"}
        (tmp_path / name / "x.jsonl").write_text(json.dumps(row), encoding="utf-8")
    (tmp_path / "spec").mkdir()
    (tmp_path / "spec" / "data").symlink_to(tmp_path / "a")
    paths = ["../a/x.jsonl", "../b/x.jsonl", f"{tmp_path}/c/x.jsonl", f"{tmp_path}/d/x.jsonl", "data/x.jsonl"]
    paths += [f"{tmp_path}/d/*.jsonl", f"{tmp_path}/spec/data/x.jsonl"]
    sources = "".join(f'source s{n} = jsonl("{path}", format: alpaca)\n' for n, path in enumerate(paths))
    union = ", ".join(f"s{n}" for n in range(len(paths)))
    found = pins(tmp_path / "spec", f"{sources}dataset out from [{union}] {{ shuffle() }}")
    names = ("../a/x.jsonl", "../b/x.jsonl", "x.jsonl", "x.jsonl (2)", "data/x.jsonl")
    assert set(found) == {f"file {name}" for name in names}
    assert len({pin["sha256"] for pin in found.values()}) == 4


def test_embedders_in_folders_of_one_name_have_a_pin_each(tmp_path: Path) -> None:
    folder = weights_file(bundle(EMBEDDERS, "all-minilm-l6-v2")).parent
    for name in ("v1", "v2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "e").symlink_to(folder)
    text = """
    source s = rows([{instruction: "Say hello.", response: "Hello."}])
    embedder one = local("v1/e")
    embedder two = local("v2/e")
    dataset out from s { dedup { semantic(prompt, using: one)  semantic(response, using: two) } }
    """
    found = [head for head in pins(tmp_path, text) if head.startswith("embedder ")]
    assert sorted(found) == ["embedder local v1/e", "embedder local v2/e"]


def test_git_merges_two_branches_that_each_add_a_source(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        name = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", *name, *words], cwd=tmp_path, check=True, capture_output=True)

    def commit(entries: dict[str, dict[str, str]]) -> None:
        (tmp_path / "a.lock").write_text(render_lock("a.tune", entries))
        git("add", "a.lock")
        git("commit", "-m", "x")

    git("init", "-b", "main")
    base = {f"file {c}.jsonl": {"sha256": c * 8} for c in "bdf"}
    commit(base)
    git("switch", "-c", "one")
    commit({**base, "file c.jsonl": {"sha256": "c"}})
    git("switch", "main")
    commit({**base, "file e.jsonl": {"sha256": "e"}})
    git("merge", "one")
    assert set(read_lock(tmp_path / "a.lock")) == {f"file {c}.jsonl" for c in "bcdef"}


def test_what_computes_a_model_is_pinned(tmp_path: Path) -> None:
    """The packages under an embedder and a model, too: another release of them computes other vectors and scores."""
    spec = (
        'embedder e = bundled("all-minilm-l6-v2", backend: torch)\n'
        'embedder quick = bundled("all-minilm-l6-v2", backend: openvino)\n'
        'model m = bundled("smollm2-135m-instruct")\n'
        'source s = rows([{instruction: "Name a colour.", response: "Red."}])\n'
        "dataset out from s { filter { keep perplexity(response, using: m) < 9000 } "
        "dedup { semantic(prompt, cosine: 0.99, using: e) semantic(response, cosine: 0.99, using: quick) } }\n"
    )
    found = pins(tmp_path, spec)
    for package in ("torch", "transformers", "sentence-transformers", "openvino", "tokenizers", "gguf"):
        assert found[f"package {package}"] == {"version": metadata.version(package)}
    assert {head for head in found if head.startswith(("model", "embedder"))} == {
        "embedder bundled all-minilm-l6-v2", "model bundled smollm2-135m-instruct"
    }  # fmt: skip
