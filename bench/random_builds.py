"""Builds random specs on random tables, many in one process, and looks for whatever a user must never meet.

    python bench/random_builds.py --builds 20000 --seed 1

Each build has tables of at most 20 rows (`random_rows.py`: every format, file type and column type, chats with tools,
English and Chinese) and a spec of random stages with random expressions (`random_stages.py`), some of them nonsense.
It must end in diagnostics, in an error with a location, or in a version in which every record is accounted for, that
verifies clean, is not built twice, and is explained, exported in some layout and read again. Where people are asked
for decisions, they are made at random and applied. Anything else is printed with its spec and counts as a fault; the
exit code is the number of faults, at most 99.

In some of the builds, models are asked (`generate`, `judge`, `confirm`) behind a server on this machine that says
anything. `train` and `evaluate` are left out: they take too long.
"""

from __future__ import annotations

import argparse
import collections
import json
import random
import re
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

from random_generations import MODEL, declared, generation, says
from random_rows import FORMATS, Table, table
from random_stages import EMBEDDER, Expressions, stages

#: What a build may say instead of publishing.
REFUSED = ("StepFailed", "CheckBroken", "PromiseBroken", "VersionTaken", "NothingLeft")
#: What no message of a failed step begins with: the words of a library.
RAW = re.compile(r"Traceback|ComputeError|SchemaError|InvalidOperation|KeyError|TypeError|Arrow|Polars|panick")

#: What random rules leave of a few rows is often nothing, which shall be built too.
EMPTY = ", allow_empty: true"


def spec(r: random.Random, folder: Path, url: str) -> tuple[str, int | None]:
    """A spec whose tables are written beside it, and whose model is at `url`; how many records it reads, None where
    that is not known."""
    form = r.choice(list(FORMATS))
    same = [other for other, what in FORMATS.items() if what[0] == FORMATS[form][0]]
    given = {name: table(r, folder, name, form if name == "a" else r.choice(same)) for name in ("a", "b")}
    sources = r.choice(["a", "a", "[a, b]", "[a, b]", "part"])
    read = [given["a"], given["b"]] if "b" in sources else [given["a"]]
    known = read[0].columns if len(read) == 1 else {n: k for n, k in read[0].columns.items() if n in read[1].columns}
    made = generation(r, read[0].rows, "made", r.choice(["a", "a", "[a, b]"])) if r.random() < 0.08 else None
    rows = read[0].rows if made is None else made[1]
    if made is not None:
        sources, known = r.choice(["made", "[a, made]"]) if rows == read[0].rows else "made", {}
    e = Expressions(r, rows, known)
    question = r.choice(["Name the planet red", "How far is the moon? the the the", "写一首诗。颜色 月亮有多远？"])
    item = json.dumps({"question": question, "choices": ["red", "7"], "answer": "B"}, ensure_ascii=False)
    (folder / "quiz.jsonl").write_text(item + "\n", encoding="utf-8")
    lines = [
        f'spec s(version: "0.1.0-dev", seed: {r.randrange(9)}, license: "MIT"{r.choice(["", EMPTY, EMPTY])})',
        *(f"source {name} = {one.call}" for name, one in given.items()),
        *(["source part = sample(a, 9)"] if sources == "part" else []),
        'benchmark bench = jsonl("quiz.jsonl", format: choice)',
        *([f'embedder {EMBEDDER} = bundled("all-minilm-l6-v2")'] if e.embeds else []),
        *([made[0]] if made is not None else []),
        f"dataset d from {sources} {{",
        *(f"    {stage}" for stage in stages(r, e, len(read) > 1 and made is None)),
        "}",
    ]
    if r.random() < 0.2:
        kept, shuffled = e.value("bool"), r.choice(["shuffle()", ""])
        lines += ["dataset e from d {", f"    filter {{ keep {kept} }}", f"    {shuffled}", "}"]
    if re.search(rf"\b{MODEL}\b", "\n".join(lines[3:])):
        lines.insert(1, declared(url))
    return "\n".join(lines) + "\n", _records(read, "\n".join(lines))


def _records(read: list[Table], text: str) -> int | None:
    counts = [one.records for one in read]
    if any(count is None for count in counts) or re.search(r"from part|repeat|mix\(|generate", text):
        return None  # copies, parts, what is made, and records of several rows
    return sum(count for count in counts if count is not None)


class Build:
    """A folder with a spec, built as often as asked for."""

    def __init__(self, folder: Path, text: str, name: str = "s") -> None:
        from tunec.compiler.lint.check import check_spec
        from tunec.runtime.catalogue import load_catalogue
        from tunec.runtime.store.store import Store

        self.folder, self.catalogue = folder, load_catalogue()
        path = folder / f"{name}.tune"
        path.write_text(text, encoding="utf-8", errors="replace")
        self.compiled = check_spec(path, self.catalogue)
        self.store = Store(folder / ".tunec")
        self.store.warn = lambda message: None

    def run(self, memory: int | None = None) -> Any:
        """What was built, or a word for why not; in so many bytes of memory, with a store and an output of its own.
        Raises where there is a fault."""
        from tests.building import Quiet
        from tunec.runtime.base.memory import Memory
        from tunec.runtime.building.build import Wanted, plan_build, run_build
        from tunec.runtime.store.store import Store

        if self.compiled.graph is None:
            REASONS.update({f"{d.code} {d.message}"[:90] for d in self.compiled.diagnostics if d.severity == "error"})
            return "diagnostics"
        store, out = (self.store, "build") if memory is None else (Store(self.folder / ".other"), "other")
        wanted = Wanted(memory=None if memory is None else Memory(memory))
        planning = plan_build(self.compiled.graph, self.catalogue, self.folder, store, wanted)
        if planning.problems:
            REASONS.update({f"{d.code} {d.message}"[:90] for d in planning.problems})
            return "problems outside"
        try:
            return run_build(planning, self.catalogue, self.compiled.sources, self.folder / out, Quiet(), True)
        except Exception as error:
            kind = type(error).__name__
            if kind not in REFUSED or RAW.match(str(error)):
                raise
            REASONS[re.sub(r"[\d.,]+|`[^`]*`|\"[^\"]*\"", "_", str(error))[:90]] += 1
            return kind


REASONS: collections.Counter[str] = collections.Counter()


def judged(r: random.Random, folder: Path, text: str, records: int | None) -> str:
    """Build once and again, and look at everything. Gives one word for the outcome; raises where there is a fault."""
    build = Build(folder, text)
    built = build.run()
    if r.random() < PORTIONED and not re.search(rf"\b{MODEL}\b|look.jsonl|leaks.jsonl", text):
        in_portions(r, build, built)
    if isinstance(built, str):
        return built
    again = build.run()
    if isinstance(again, str) or again.ran:
        raise AssertionError(f"a second build: {again if isinstance(again, str) else again.ran}")
    looked_at(built.published.out, records)
    explained(r, built.published.out)
    exported(r, folder, built.published.out)
    if (folder / "look.jsonl").exists() or (folder / "leaks.jsonl").exists():
        return "built, " + decided(r, build, records)
    if r.random() < 0.1:
        return "built, " + read_again(r, folder, built.published)
    return "built"


#: The share of builds that run a second time with hardly any memory.
PORTIONED = 0.5


def in_portions(r: random.Random, build: Build, built: Any) -> None:
    """The same build with rows in portions of a few, or of one, ends in the same way, and publishes the same bytes."""
    from tunec.runtime.versions.contents import contents_of

    other = build.run(r.choice([1, 64 * 300, 64 * 1_000]))
    if isinstance(built, str) or isinstance(other, str):
        if built != other:
            raise AssertionError(f"in portions: {other}, and at once: {built}")
        return
    known, found = (contents_of(one.published.out) for one in (built, other))
    if known != found or built.published.version != other.published.version:
        differ = sorted(name for name in known.keys() | found.keys() if known.get(name) != found.get(name))
        raise AssertionError(f"in portions other bytes: {differ}")


def looked_at(out: Path, records: int | None) -> None:
    """A version is verified, and every record is in its ledger once."""
    import polars as pl

    from tunec.runtime.versions.verify import verify

    broken = [p for check in verify(out) for p in check.problems]
    if broken:
        raise AssertionError(f"verify: {broken}")
    ledger = pl.read_parquet(out / "ledger" / "d.parquet", glob=False)
    kept = sum(pl.read_parquet(f, glob=False).height for f in (out / "datasets" / "d").glob("*.parquet"))
    if ledger.filter(verdict="kept").height != kept:
        raise AssertionError("the ledger keeps other rows than the data set holds")
    if records is not None and ledger.height != records:
        raise AssertionError(f"{records} records were read, and {ledger.height} are in the ledger")


def explained(r: random.Random, out: Path) -> None:
    """The life of some rows, and what some rule dropped."""
    import polars as pl

    from tunec.runtime.versions.why import dropped_by, lives, rules_of

    ledger = pl.read_parquet(out / "ledger" / "d.parquet", glob=False)
    for row in r.sample(ledger["id"].to_list(), k=min(2, ledger.height)):
        if not lives(out, row):
            raise AssertionError(f"why: nothing about {row}")
    rules = rules_of(out)
    if rules and not dropped_by(out, r.choice(rules))[0]:
        raise AssertionError("why: a rule that dropped nothing")


def exported(r: random.Random, folder: Path, out: Path) -> None:
    """Written in a layout: every row is in a file, or left out with a reason."""
    import polars as pl

    from tunec.runtime.exchange.data import ExchangeError
    from tunec.runtime.exchange.export import export
    from tunec.runtime.exchange.layout import layouts

    to = r.choice(sorted(layouts()))
    try:
        done = export(out, to, folder / "exported", "d")
    except ExchangeError:
        return
    kept = sum(pl.read_parquet(f, glob=False).height for f in (out / "datasets" / "d").glob("*.parquet"))
    written = sum(file.rows or 0 for file in done.files)
    if written + sum(one.rows for one in done.left_out) != kept:
        raise AssertionError(f"export to {to}: {kept} rows, {written} written, {done.left_out}")


def decided(r: random.Random, build: Build, records: int | None) -> str:
    """Decisions are made in the files that ask for them, and applied."""
    for path in (build.folder / "look.jsonl", build.folder / "leaks.jsonl"):
        lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
        for line in lines:
            line["decision"] = r.choice(["keep", "drop", "", "edit" if path.name == "look.jsonl" else "keep"])
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    built = build.run()
    if isinstance(built, str):
        return built
    looked_at(built.published.out, records)
    again = build.run()
    if isinstance(again, str) or again.ran:
        raise AssertionError(f"a second build after decisions: {again if isinstance(again, str) else again.ran}")
    return "decided"


def read_again(r: random.Random, folder: Path, published: Any) -> str:
    """The rows of the version as a source."""
    manifest = json.loads((published.out / "manifest.json").read_text("utf-8"))
    files = sorted((published.out / "datasets" / "d").glob("*.parquet"))
    kind, split = manifest["row_types"]["d"], r.choice(files).stem.rpartition("-")[0]
    source = f'version("{published.version}", dataset: "d", rows: {kind}, split: "{split}")'
    text = f'spec t(version: "0.1.0-dev", seed: 1, license: "MIT")\nsource v = {source}\ndataset d from v {{ }}\n'
    again = Build(folder, text, "t")
    built = again.run()
    if isinstance(built, str):
        return f"again {built}"
    looked_at(built.published.out, None)
    return "read again"


#: Kinds of operators that a spec is made of here.
KINDS = (
    "connectors", "formats", "stages", "functions", "finders", "dedup", "keep", "decontaminate", "select", "methods",
)  # fmt: skip


def unseen(text: str) -> list[str]:
    """The operators that stand in none of these specs."""
    from tunec.runtime.catalogue import load_catalogue

    catalogue = load_catalogue()
    said, called = set(re.findall(r"\w+", text)), set(re.findall(r"\w+(?=\()", text))
    return [
        f"{kind}.{name}"
        for kind in KINDS
        for name in catalogue.names(kind)
        if name not in (called if kind == "connectors" else said)
    ]


def main(builds: int, seed: int, first: int, keep_going: int) -> int:
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from tests.serving import serving

    with serving(say=says) as served:
        return _all(builds, seed, first, keep_going, served.url)


def _all(builds: int, seed: int, first: int, keep_going: int, url: str) -> int:
    outcomes: collections.Counter[str] = collections.Counter()
    faults: collections.Counter[str] = collections.Counter()
    began = time.monotonic()
    whole: set[str] = set()
    for number in range(first, first + builds):
        r = random.Random(f"{seed}/{number}")
        folder = Path(tempfile.mkdtemp(prefix="tunec-random-"))
        text = ""
        try:
            text, records = spec(r, folder, url)
            outcome = judged(r, folder, text, records)
            outcomes[outcome] += 1
            whole |= set(re.findall(r"\w+\(?", text)) if outcome.startswith("built") else set()
            whole |= {"version("} if "read again" in outcome else set()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            said = f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}: {str(error)[:300]}"
            key = f"{type(error).__name__} {Path(last.filename).name}:{last.lineno}"
            if not faults[key]:
                print(f"--- fault in build {seed}/{number}: {said}\n{text}", flush=True)
            faults[key] += 1
            if sum(faults.values()) >= keep_going:
                break
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        done = number - first + 1
        if done % 500 == 0:
            print(f"... {done:,} builds, {sum(faults.values())} faults, {time.monotonic() - began:,.0f} s", flush=True)
    print("operators in no version that was built: " + ", ".join(unseen(" ".join(whole))))
    for reason, count in REASONS.most_common(40):
        print(f"  {count:>5}  {reason!r}")
    print(
        f"{sum(outcomes.values()) + sum(faults.values()):,} builds: "
        + ", ".join(f"{k} {n:,}" for k, n in outcomes.most_common())
    )
    print("faults: " + (", ".join(f"{k} × {n}" for k, n in faults.most_common()) or "none"))
    return min(99, sum(faults.values()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--builds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="The number of the first build, to repeat one.")
    parser.add_argument("--stop-after", type=int, default=1000, help="Stop after this many faults.")
    given = parser.parse_args()
    sys.exit(main(given.builds, given.seed, given.first, given.stop_after))
