"""The papers of a version: every number in them is counted again here, from the ledger and the published rows."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from tests.building import build
from tunec.runtime.exchange.papers import export_papers
from tunec.runtime.store.published import manifest_of
from tunec.runtime.text.words import count_words
from tunec.runtime.versions.hub_licence import licence_lines
from tunec.runtime.versions.model_card import model_card
from tunec.runtime.versions.papers.facts import facts_of

SPEC = """spec t(version: "1.0.0-dev", license: "CC-BY-SA-4.0", description: "Small things.")
source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
source more = jsonl("more.jsonl", format: alpaca, license: "CC-BY-SA-4.0")
benchmark quiz = rows([{question: "Which colour has a lemon when it is ripe?", answer: "yellow"}])
dataset out from [tasks, more] {
    filter { keep words(response) in 1..3 }
    dedup { exact(prompt) }
    decontaminate(against: [quiz]) { exact() }
    mask(pii(text, kinds: [email]))
    split { train: 50%, test: 50% }
}
"""


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("papers")
    said = [("Name a fruit.", "An apple"), ("Name a fruit.", "A pear"), ("Name a tree.", "It is the old oak tree")]
    said += [
        ("So: Which colour has a lemon when it is ripe? Say it.", "Yellow"),
        ("Write to ann.smith@mailbox.org.", "Yes"),
    ]
    for name, rows in (("tasks", said), ("more", [("Name a river | or a <b>sea</b>.", "The Po")])):
        lines = (json.dumps({"instruction": i, "output": o}) + "\n" for i, o in rows)
        (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
    built = build(folder, SPEC).built
    assert built is not None and built.published is not None
    return built.published.out


def test_every_number_is_that_of_the_ledger(version: Path, tmp_path: Path) -> None:
    facts = facts_of(version, "out", manifest_of(version))
    ledger = pl.read_parquet(version / "ledger/out.parquet", glob=False)
    kept = ledger.filter(pl.col("verdict") == "kept")
    named = {n[0]: origin for origin, n in manifest_of(version)["origins"].items()}
    rows = pl.concat(pl.read_parquet(p, glob=False) for p in (version / "datasets/out").glob("*.parquet"))
    assert (facts.rows, facts.entered, facts.generated) == (kept.height, ledger.height, 0) == (3, 6, 0)
    assert rows.height == sum(facts.splits.values()) == facts.rows
    for source in facts.sources:
        origin = pl.col("origin") == named[source.name]
        assert (source.entered, source.kept) == (ledger.filter(origin).height, kept.filter(origin).height)
    counted = {(d["stage"], d["rule"]): d["count"] for d in facts.dropped}
    assert sum(counted.values()) == ledger.height - kept.height
    assert counted["decontaminate", "exact()"] == 1 and counted["filter", "keep words(response) in 1..3"] == 1
    texts = rows.select(pl.concat_str("instruction", "response", separator=" ").alias("t"))["t"]
    assert facts.words == count_words(texts).sum() and facts.masked == {"email": 1}

    done = export_papers(version, tmp_path)
    papers = {f.path: (tmp_path / f.path).read_text("utf-8") for f in done.files}
    known = {facts.rows, facts.entered, facts.words, *counted.values(), *facts.masked.values(), 0, 1}
    known |= {ledger.height - counted["filter", "keep words(response) in 1..3"] - counted["dedup", "exact(prompt)"]}
    known |= {n for s in facts.sources for n in (s.entered, s.kept)} | {8}  # "an item of at least eight words"
    known |= set(facts.splits.values())
    card = (version / "datasets/out/README.md").read_text("utf-8").split("---\n", 2)[2].partition("## Citation")[0]
    told = {
        "card": card,
        **{name: papers[f"out/{name}"] for name in ("contamination.md", "licences.md", "genealogy.md")},
    }
    for name, text in told.items():
        body = re.sub(r"`[^`]*`|\b[A-Z][\w-]*\d[\w.-]*|1\.\.3", "", text.partition("\n")[2])
        assert {int(n) for n in re.findall(r"(?<![\w.])\d+(?![\w.]*\w)", body)} <= known, name
    summary = papers["out/training-content-summary.md"]
    assert "3 rows used of" not in summary.partition("## 3.")[2]
    assert "email 1" in summary and f"{facts.words:,} words in 3 rows" in summary and "**[to fill in]**" in summary
    assert "0 of 3 rows (0.0%) are generated" in summary
    assert "CC-BY-SA-4.0, the strictest" in papers["out/licences.md"]
    assert "duplicate 1" in papers["out/contamination.md"]
    # What was masked is in no paper, and neither is the text of a row.
    assert not any("ann.smith@mailbox.org" in text or "lemon" in text for text in papers.values())
    again = export_papers(version, tmp_path / "again")
    assert [(tmp_path / "again" / f.path).read_bytes() for f in again.files] == [
        (tmp_path / f.path).read_bytes() for f in done.files
    ]


def test_the_card_says_who_wrote_the_rows(version: Path) -> None:
    card = (version / "datasets/out/README.md").read_text("utf-8")
    assert 'annotations_creators: ["found"]' in card and 'source_datasets: ["original"]' in card


def test_the_code_of_the_hub_takes_the_cards(version: Path) -> None:
    datasets = pytest.importorskip("datasets")
    from datasets.utils.metadata import MetadataConfigs
    from huggingface_hub import DatasetCard, ModelCard

    lists = Path(datasets.__file__).parent / "utils/resources"
    known = {name: json.loads((lists / f"{name}.json").read_text("utf-8")) for name in ("creators", "size_categories")}
    spoken = json.loads((lists / "languages.json").read_text("utf-8"))
    data = DatasetCard.load(version / "datasets/out/README.md").data
    assert data.license == "cc-by-sa-4.0" and data.pretty_name == "out"
    assert set(data.size_categories) <= set(known["size_categories"]) and set(data.language) <= set(spoken)
    assert set(data.annotations_creators) <= set(known["creators"]["annotations"])
    configs = MetadataConfigs.from_dataset_card_data(data)
    splits = {part["split"]: part["path"] for part in configs["default"]["data_files"]}
    assert splits == {"train": "train-*.parquet", "test": "test-*.parquet"}
    # What a card says of itself is what the hub reads: nothing is lost or changed on the way.
    assert DatasetCard(str(DatasetCard.load(version / "datasets/out/README.md"))).data.to_dict() == data.to_dict()
    card = ModelCard(model_card(version, "out", {**manifest_of(version), "targets": {}}), ignore_metadata_errors=False)
    assert card.data.library_name == "transformers" and card.data.license == "cc-by-sa-4.0"


@pytest.mark.parametrize(
    ("licence", "lines"),
    [
        ("CC-BY-NC-4.0", ['license: "cc-by-nc-4.0"']),
        ("GPL-3.0-or-later", ['license: "gpl-3.0"']),
        ("ODC-By-1.0", ['license: "odc-by"']),
        ("MPL-1.1", ['license: "other"', 'license_name: "MPL-1.1"']),
        ("MIT AND CC-BY-4.0", ['license: "other"', 'license_name: "MIT AND CC-BY-4.0"']),
    ],
)
def test_a_licence_has_the_name_that_the_hub_knows(licence: str, lines: list[str]) -> None:
    assert licence_lines(licence) == lines


def test_croissant_is_valid_and_its_records_are_read(version: Path, tmp_path: Path) -> None:
    croissant = pytest.importorskip("mlcroissant")
    done = export_papers(version, tmp_path / "papers")
    shutil.copytree(version / "datasets/out", tmp_path / "data")
    shutil.copy(done.folder / "out/croissant.json", tmp_path / "data")
    dataset = croissant.Dataset(jsonld=str(tmp_path / "data/croissant.json"))
    assert not dataset.metadata.ctx.issues.errors
    assert dataset.metadata.name == "out" and dataset.metadata.license == ["CC-BY-SA-4.0"]
    records = list(dataset.records(record_set="train"))
    published = pl.read_parquet(tmp_path / "data/train-00000.parquet", glob=False)
    assert [r["train/instruction"].decode() for r in records] == published["instruction"].to_list()
    document = json.loads((tmp_path / "data/croissant.json").read_text("utf-8"))
    assert {o["name"] for o in document["prov:wasDerivedFrom"]} == {"tasks", "more"}
    assert "1 row dropped by exact()" in {a.get("description") for a in document["prov:wasGeneratedBy"]}
