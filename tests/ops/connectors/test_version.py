"""Versions that were published before, as sources."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.building import build, rows
from tunec.main import app
from tunec.runtime.sources.lock import read_lock

TASKS = """spec tasks(version: "{number}", license: "MIT")
source made = rows([
  {{instruction: "Count to two, 数到二", response: "1 2{more}", stars: 5}},
  {{instruction: "Count to three", response: "1 2 3", stars: 4}},
])
dataset tasks from made {{ filter {{ keep meta.stars >= 1 }} }}
dataset two from made {{ split {{ train: 50%, validation: 50% }} }}
"""
AGAIN = """spec again(version: "1.0.0")
source before = version({version}{more})
dataset out from before {{ }}
"""


def tunec(folder: Path, *words: str, code: int = 0) -> Result:
    done = CliRunner().invoke(app, [words[0], str(folder / words[1]), *words[2:]])
    assert done.exit_code == code, (done.output, done.exception)
    return done


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two published versions of `tasks`."""
    folder = tmp_path_factory.mktemp("published")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("TUNEC_STORE", raising=False)
        for number, more in (("1.0.0", ""), ("2.0.0", " 3")):
            (folder / "tasks.tune").write_text(TASKS.format(number=number, more=more), encoding="utf-8")
            tunec(folder, "build", "tasks.tune", "-q")
    return folder


@pytest.fixture
def folder(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TUNEC_STORE", raising=False)
    shutil.copytree(published, tmp_path, dirs_exist_ok=True)
    return tmp_path


def spec(folder: Path, version: str = '"tasks@1.0.0"', more: str = "", text: str = AGAIN) -> None:
    (folder / "again.tune").write_text(text.format(version=version, more=more), encoding="utf-8")


def fails(folder: Path) -> str:
    said = tunec(folder, "build", "again.tune", code=1).output
    assert "again.tune:2" in said
    return " ".join(said.split())


def responses(folder: Path) -> list[str]:
    import polars as pl

    return list(pl.read_parquet(folder / "build/again/datasets/out/train-00000.parquet")["response"])


def fingerprints(folder: Path) -> list[str]:
    import json

    return [s["fingerprint"] for s in json.loads(tunec(folder, "plan", "again.tune", "--json").stdout)["steps"]]


def test_reads_the_version_that_is_named_and_pins_it(folder: Path) -> None:
    spec(folder)
    tunec(folder, "build", "again.tune")
    assert responses(folder) == ["1 2", "1 2 3"]
    (head, pins), *others = read_lock(folder / "again.lock").items()
    assert head == "version tasks@1.0.0" and not others
    assert pins["id"].startswith("tasks@1.0.0+") and len(pins["tasks/train"]) == 64
    tunec(folder, "build", "again.tune", "--locked")


def test_another_version_is_another_content(folder: Path) -> None:
    spec(folder, '"tasks@2.0.0"')
    tunec(folder, "build", "again.tune")
    assert responses(folder) == ["1 2 3", "1 2 3"]


def test_the_newest_moves_and_locked_says_so(folder: Path) -> None:
    spec(folder, '"tasks"')
    tunec(folder, "build", "again.tune")
    (folder / "tasks.tune").write_text(TASKS.format(number="3.0.0", more=" 3 4"), encoding="utf-8")
    tunec(folder, "build", "tasks.tune", "-q")
    said = tunec(folder, "build", "again.tune", "--locked", code=1).stderr
    assert "version tasks moved: id tasks@2.0.0+" in said and "→ tasks@3.0.0+" in said


def test_the_rows_are_new_ones_and_can_tell_their_old_ids(folder: Path, tmp_path: Path) -> None:
    from tunec.runtime.store.store import Store

    text = AGAIN.replace("{{ }}", "{{ filter {{ keep meta.stars >= 5  keep chars(meta.id) == 16 }} }}")
    text = text.format(version='"tasks@1.0.0"', more="")
    again = build(folder, text, name="again.tune", store=Store(folder / ".tunec"))
    found = rows(again, "out")
    old = rows(build(folder, TASKS.format(number="1.0.0", more=""), name="tasks.tune"), "tasks")
    assert found.height == 1
    # The id hashes what the row holds, which is the same; the origin is the source that read it.
    assert found["id"][0] == old["id"][0] == found["meta.id"][0]
    assert found["origin"][0] != old["origin"][0]
    assert found["position"].to_list() == [0]
    assert found["parents"].to_list() == [[]]


def test_a_data_set_and_a_split_are_chosen(folder: Path) -> None:
    spec(folder, more=', dataset: "two", split: "validation"')
    tunec(folder, "build", "again.tune")
    assert len(responses(folder)) == 1
    assert set(read_lock(folder / "again.lock")["version tasks@1.0.0"]) == {"id", "two/validation"}


def test_the_fingerprint_is_that_of_the_content(folder: Path, tmp_path: Path) -> None:
    spec(folder)
    first = fingerprints(folder)
    spec(folder, more=', dataset: "tasks", license: "MIT"')
    assert fingerprints(folder) == first
    # The same rows under another number, in another place.
    (folder / "tasks.tune").write_text(TASKS.format(number="1.0.1", more=""), encoding="utf-8")
    tunec(folder, "build", "tasks.tune", "-q")
    spec(folder, '"tasks@1.0.1"')
    assert fingerprints(folder) == first
    spec(folder, '"tasks@2.0.0"')
    assert fingerprints(folder) != first
    spec(folder, more=", limit: 1")
    assert fingerprints(folder) != first


def test_a_version_of_another_store_that_build_shows(folder: Path) -> None:
    spec(folder)
    tunec(folder, "build", "again.tune", "--store", str(folder / "other"))
    assert responses(folder) == ["1 2", "1 2 3"]


@pytest.mark.parametrize(
    ("version", "more", "said"),
    [
        ('"tasks@9.0.0"', "", "no version `tasks@9.0.0`; there is tasks@1.0.0+"),
        ('"../tasks"', "", "`../tasks` is not the name of a version; one is called NAME@NUMBER, such as chat@1.0.0"),
        ('"tasks@1.0.0"', ', dataset: "task"', "has no data set `task`; it has tasks, two; did you mean `tasks`?"),
        ('"tasks@1.0.0"', ', split: "test"', "`tasks` of tasks@1.0.0 has no split `test`; it has train"),
        ('"tasks@1.0.0"', ", rows: chat", "`tasks` of tasks@1.0.0 holds instruction rows, not chat: write `rows: ins"),
    ],
)
def test_what_is_not_there(folder: Path, version: str, more: str, said: str) -> None:
    spec(folder, version, more)
    assert said in fails(folder)


def test_a_damaged_version(folder: Path) -> None:
    (file,) = (folder / ".tunec/versions/tasks").glob("1.0.0+*/datasets/tasks/train-00000.parquet")
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:-1])
    spec(folder)
    assert "damaged: " in fails(folder) and "has changed since it was published" in fails(folder)


def test_a_version_with_several_data_sets_of_other_names(folder: Path) -> None:
    text = TASKS.replace("dataset tasks", "dataset one").format(number="4.0.0", more="")
    (folder / "tasks.tune").write_text(text, encoding="utf-8")
    tunec(folder, "build", "tasks.tune", "-q")
    spec(folder, '"tasks@4.0.0"')
    assert '`tasks@4.0.0` has the data sets one, two: name one, as dataset: "one"' in fails(folder)


@pytest.mark.parametrize(
    ("rows_type", "row"),
    [
        ("text", '{text: "Tea, 茶"}'),
        ("preference", '{prompt: "a", chosen: "b", rejected: "c"}'),
        ("choice", '{question: "a?", choices: ["b", "c"], answer: "c"}'),
        ("chat", '{messages: [{role: "user", content: "a"}, {role: "assistant", content: "b"}]}'),
    ],
)
def test_every_row_type_comes_back_as_it_was(tmp_path: Path, rows_type: str, row: str) -> None:
    first = build(
        tmp_path, f'spec a(version: "1.0.0")\nsource s = rows([{row}])\ndataset a from s {{ }}', name="a.tune"
    )
    text = f'source s = version("a@1.0.0", rows: {rows_type})\ndataset b from s {{ }}'
    again = build(tmp_path, text, name="b.tune")
    columns = [c for c in rows(first, "a").columns if c != "origin"]
    if rows_type == "choice":
        assert rows(again, "b")["choices"].to_list() == [["b", "c"]]
    assert rows(again, "b").select(columns).equals(rows(first, "a").select(columns))


def test_the_row_type_is_known_at_compile_time(tmp_path: Path) -> None:
    result = build(
        tmp_path, 'source s = version("a@1.0.0", rows: text)\ndataset b from s { filter { keep words(response) > 1 } }'
    )
    assert result.built is None
    assert "response" in result.problems[0].message and result.problems[0].code != "T601"


def test_rows_of_an_earlier_version_stand_beside_new_ones(folder: Path) -> None:
    text = AGAIN.replace("from before {{ }}", "from [before, new] {{ dedup {{ exact(prompt) }} }}")
    text += (
        'source new = rows([{{instruction: "Count to three", response: "3"}}, {{instruction: "New", response: "n"}}])\n'
    )
    spec(folder, text=text)
    tunec(folder, "build", "again.tune")
    assert responses(folder) == ["1 2", "1 2 3", "n"]


def test_the_licence_is_handed_on_and_what_the_version_was_made_of_is_told(folder: Path) -> None:
    (folder / "nc.tune").write_text(
        'spec nc(version: "1.0.0")\n'
        'source a = rows([{instruction: "Say one.", response: "One."}], license: "CC-BY-NC-4.0")\n'
        'source b = rows([{instruction: "Say two.", response: "Two."}], license: "CC-BY-4.0")\n'
        "dataset nc from [a, b] { }\n",
        encoding="utf-8",
    )
    tunec(folder, "build", "nc.tune", "-q")
    spec(folder, '"nc@1.0.0"', text=AGAIN.replace('"1.0.0"', '"1.0.0", license: "MIT"'))
    said = fails(folder)
    assert "T310" in said and "`before` is non-commercial, but the spec is published under MIT" in said
    assert "nc@1.0.0+" in said and "hands on CC-BY-NC-4.0" in said
    spec(folder, '"nc@1.0.0"')
    tunec(folder, "build", "again.tune", "-q")
    tunec(folder, "verify", "again.tune")
    card = (folder / "build/again/datasets/out/README.md").read_text(encoding="utf-8")
    assert 'license: "cc-by-nc-4.0"' in card and "it was made of a (CC-BY-NC-4.0), b (CC-BY-4.0)." in card
    # Who holds other rights says so.
    spec(folder, '"nc@1.0.0"', ', license: "MIT"')
    tunec(folder, "build", "again.tune", "-q", "--bump")
    assert 'license: "mit"' in (folder / "build/again/datasets/out/README.md").read_text(encoding="utf-8")


def test_of_licences_that_are_as_strict_the_one_of_the_spec_counts(folder: Path) -> None:
    (folder / "made.tune").write_text(
        'spec made(version: "1.0.0", license: "Apache-2.0")\n'
        'source a = rows([{instruction: "Say one.", response: "One."}], license: "MIT")\n'
        "dataset out from a { shuffle() }\n",
        encoding="utf-8",
    )
    tunec(folder, "build", "made.tune")
    card = (folder / "build/made/datasets/out/README.md").read_text(encoding="utf-8")
    assert 'license: "apache-2.0"' in card and "| MIT |" in card
    spec(folder, '"made@1.0.0"')
    tunec(folder, "build", "again.tune")
    card = (folder / "build/again/datasets/out/README.md").read_text(encoding="utf-8")
    assert "handed on under Apache-2.0; it was made of a (MIT)" in card
