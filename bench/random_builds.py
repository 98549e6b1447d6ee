"""Builds random specs on random tables, many in one process, and looks for whatever a user must never meet.

    python bench/random_builds.py --builds 20000 --seed 1

Each build has a table of at most 20 rows (JSONL, CSV or Parquet; instructions, chats with tools, texts or preferences;
English and Chinese; other columns of every type, clean and mixed) and a spec of random stages with random expressions,
some of them nonsense. It must end in diagnostics, in an error with a location, or in a version that conserves rows,
verifies clean and is not built twice. Anything else is printed with its spec and counts as a fault; the exit code is
the number of faults, at most 99.
"""

from __future__ import annotations

import argparse
import collections
import datetime
import json
import random
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

WORDS = (
    "red",
    "planet",
    "Name",
    "the",
    "7",
    "+",
    "C++",
    "I'm sorry, but I cannot",
    "颜色",
    "写一首诗。",
    "😀",
    "a@b.example",
)
OTHERS: dict[str, Callable[[random.Random], Any]] = {
    "int": lambda r: r.choice([0, 1, -5, 10**12]),
    "big": lambda r: r.choice([1, 2**64, -(2**70)]),
    "float": lambda r: r.choice([0.5, -1.0, 1e300]),
    "nan": lambda r: r.choice([0.5, float("nan"), None]),
    "bool": lambda r: r.random() < 0.5,
    "text": lambda r: r.choice(["", "n/a", "12", "颜色", "x y"]),
    "null": lambda r: None,
    "list": lambda r: [r.choice(["a", "b"]) for _ in range(r.randrange(3))],
    "struct": lambda r: {"a": r.choice([1, None])},
    "mixed": lambda r: r.choice([1, "two", None, [3], {"a": 1}, True]),
    "date": lambda r: datetime.date(2020, 1, r.randrange(1, 28)),
    "time": lambda r: datetime.datetime(2020, 1, 1, r.randrange(24)),
    "decimal": lambda r: Decimal(r.randrange(100)) / 10,
    "bytes": lambda r: r.choice([b"ab", b"\xff\xfe"]),
}
#: The type of each kind of other column, for expressions that are to make sense.
KINDS = {"int": "int", "float": "float", "nan": "float", "bool": "bool", "text": "text", "list": "list"}
OPERATORS = ("<", "<=", "==", "!=", ">", ">=", "in", "+", "-", "*", "/", "and", "or")


def text(r: random.Random) -> str:
    return " ".join(r.choices(WORDS, k=r.choice([0, 1, 3, 8, 30])))


def record(r: random.Random, kind: str) -> dict[str, Any]:
    if kind == "text":
        return {"text": text(r)}
    if kind == "alpaca":
        return {"instruction": text(r), "input": r.choice(["", text(r)]), "output": text(r)}
    turns: list[dict[str, Any]] = [{"role": "system", "content": text(r)}] if r.random() < 0.3 else []
    for _ in range(r.randrange(1, 4)):
        turns.append({"role": "user", "content": text(r)})
        answer: dict[str, Any] = {"role": "assistant", "content": r.choice([text(r), None])}
        if r.random() < 0.3:
            called = {"name": "look", "arguments": json.dumps({"of": text(r)}, ensure_ascii=False)}
            answer["tool_calls"] = [{"id": "1", "type": "function", "function": called}]
            turns += [answer, {"role": "tool", "tool_call_id": "1", "content": text(r)}]
            answer = {"role": "assistant", "content": text(r), "reasoning_content": text(r)}
        turns.append(answer)
    if kind == "messages":
        return {"messages": turns, "tools": r.choice([None, [{"type": "function", "function": {"name": "look"}}]])}
    return {
        "prompt": turns[:-1] or turns,
        "chosen": [turns[-1]],
        "rejected": [{"role": "assistant", "content": text(r)}],
    }


ROWS = {"alpaca": "instruction", "messages": "chat", "text": "text", "preference": "preference"}


def table(r: random.Random, folder: Path, name: str, kind: str) -> tuple[str, dict[str, str]]:
    """Write a table; gives the connector call that reads it, and its other columns with their types."""
    where = (
        r.choice(["jsonl", "jsonl", "parquet", "csv"]) if kind in ("alpaca", "text") else r.choice(["jsonl", "parquet"])
    )
    plain = [k for k in OTHERS if k not in ("date", "time", "decimal", "bytes")]
    others = r.sample(plain if where != "parquet" else [k for k in OTHERS if k not in ("mixed", "big")], k=3)
    rows = [record(r, kind) | {f"m_{o}": OTHERS[o](r) for o in others} for _ in range(r.randrange(1, 21))]
    rows += r.choices(rows, k=r.randrange(3))
    path = folder / f"{name}.{where}"
    if where == "jsonl":
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        if r.random() < 0.1:
            lines.insert(r.randrange(len(lines)), "{broken")
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    elif where == "csv":
        import csv

        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    else:
        import pyarrow as pa
        from pyarrow import parquet

        parquet.write_table(pa.Table.from_pylist(rows), path)
    skip = r.choice(["", ", on_error: skip"])
    columns = {f"meta.m_{o}": KINDS.get(o, "odd") for o in others}
    return f'{where}("{path.name}", format: {r.choice([kind, kind, kind, "auto"])}{skip})', columns


class Expressions:
    """Random expressions: mostly of the type that is asked for, sometimes of any."""

    def __init__(self, r: random.Random, rows: str, others: dict[str, str]) -> None:
        from tunec.compiler.types import FIELDS, RowType
        from tunec.runtime.catalogue import load_catalogue

        self.r = r
        self.fields = {**FIELDS[RowType(rows)], "id": "text", "origin": "origin", **others}
        catalogue = load_catalogue()
        every = [catalogue.at(f"functions.{name}") for name in catalogue.names("functions")]
        heavy = ("model", "embedder")
        self.functions = [
            operator
            for operator in every
            if operator.cost in ("cheap", "scan")
            and operator.name not in ("verb", "noun")  # a tagger that is slow to load
            and not any(p.required and p.type.name in heavy for p in operator.parameters)
        ]

    def value(self, kind: str, depth: int = 2) -> str:
        r = self.r
        if depth <= 0 or r.random() < 0.3:
            return self.leaf(kind)
        if kind == "bool":
            return r.choice([self.compared, self.joined, self.called])(kind, depth)
        if kind in ("int", "float", "share") and r.random() < 0.3:
            return f"{self.value(kind, depth - 1)} {r.choice('+-*/')} {self.value(kind, depth - 1)}"
        if r.random() < 0.1:
            return f"if {self.value('bool', depth - 1)} then {self.value(kind, depth - 1)} else {self.leaf(kind)}"
        return self.called(kind, depth)

    def leaf(self, kind: str) -> str:
        r = self.r
        if r.random() < 0.6:
            fitting = [n for n, k in self.fields.items() if k == kind or (k, kind) == ("int", "float")]
            return r.choice(fitting if fitting and r.random() < 0.93 else list(self.fields))
        odd = r.random() < 0.03
        kind = r.choice(["int", "text", "bool", "list"]) if odd else kind
        if kind in ("int", "float", "share"):
            return r.choice(["0", "3", "0.5", "30%", "-1", "10k"])
        if kind == "bool":
            return r.choice(["true", "false", f"{r.choice(list(self.fields))} == none"])
        if kind == "list":
            return r.choice(['["a", "b"]', "[1, 2]", "[]"])
        return json.dumps(r.choice(WORDS), ensure_ascii=False)

    def compared(self, kind: str, depth: int) -> str:
        kind = self.r.choice(["int", "text", "float"])
        left, operator = self.value(kind, depth - 1), self.r.choice(OPERATORS[:7])
        if operator == "in":
            return f"{left} in " + ('["en", "7"]' if kind == "text" else self.r.choice(["3..50", "0.1.."]))
        return f"{left} {operator} {self.leaf(kind)}"

    def joined(self, kind: str, depth: int) -> str:
        return f"{self.value('bool', depth - 1)} {self.r.choice(['and', 'or'])} {self.value('bool', depth - 1)}"

    def called(self, kind: str, depth: int) -> str:
        fitting = [o for o in self.functions if o.returns.name == kind] or self.functions
        operator = self.r.choice(fitting if self.r.random() < 0.9 else self.functions)
        words = []
        for parameter in operator.parameters:
            if not parameter.required and self.r.random() < 0.8:
                continue
            if parameter.type.name in ("model", "embedder"):
                continue
            wanted = parameter.type.name if parameter.type.name != "enum" else self.r.choice(parameter.type.words)
            said = (
                wanted
                if parameter.type.name == "enum"
                else self.value("text" if wanted == "regex" else wanted, depth - 1)
            )
            words.append(f"{parameter.name}: {said}" if parameter.keyword_only else said)
        return f"{operator.name}({', '.join(words)})"


def stages(r: random.Random, e: Expressions) -> list[str]:
    made: list[Callable[[], str]] = [
        lambda: (
            f"normalize(unicode: {r.choice(['nfc', 'nfkc', 'keep'])}, turns: {r.choice(['keep', 'merge', 'strict'])})"
        ),
        lambda: f"set({r.choice(['meta.x', 'meta.x', 'response', 'text'])}: {e.value('text')})",
        lambda: f"let quality = {e.value(r.choice(['int', 'float', 'text', 'bool']))}",
        lambda: f"filter {{ {r.choice(['keep', 'drop'])} {e.value('bool')} }}",
        lambda: f"filter {{ keep {e.value('bool')} drop {e.value('bool')} as rule }}",
        lambda: f"dedup {{ exact({r.choice(['prompt', 'text', e.value('text')])}) }}",
        lambda: f"dedup(keep: {r.choice(['first', 'longest(text)', 'best(quality)'])}) {{ near(text, jaccard: 0.7) }}",
        lambda: "decontaminate(against: [bench]) { exact() ngram(5) }",
        lambda: f"mask(pii({r.choice(['prompt', 'text'])}))",
        lambda: f"balance {{ share({e.value('bool')}) <= 50% }}",
        lambda: f"balance {{ share({e.leaf('text')}) <= 60% count({e.value('bool')}) >= 1 }}",
        lambda: f"select({r.randrange(1, 25)}, by: {r.choice(['random', 'top(' + e.value('float') + ')'])})",
        lambda: f"limit({r.randrange(0, 25)})",
        lambda: "shuffle()",
        lambda: f"check count({r.choice(['true', e.value('bool')])}) >= 1",
        lambda: f"mix {{ a: {r.choice(['50%', '80%'])}, b: {r.choice(['50%', '20%'])} }}",
        lambda: "split(group: prompt) { train: 80%, test: 20% }",
    ]
    chosen = [r.choice(made[:-1])() for _ in range(r.randrange(1, 4))]
    return [*chosen, made[-1]()] if r.random() < 0.4 else chosen


def spec(r: random.Random, folder: Path) -> str:
    kind = r.choice(["alpaca", "alpaca", "messages", "text", "preference"])
    calls, others = zip(*(table(r, folder, name, kind) for name in ("a", "b")), strict=True)
    sources = r.choice(["a", "a", "[a, b]"])
    known = others[0] if sources == "a" else {n: k for n, k in others[0].items() if n in others[1]} or others[0]
    e = Expressions(r, ROWS[kind], known)
    (folder / "bench.jsonl").write_text('{"question": "Name the planet red", "answer": "7"}\n', encoding="utf-8")
    return "\n".join(
        [
            f'spec s(version: "0.1.0-dev", seed: {r.randrange(9)}, license: "MIT")',
            f"source a = {calls[0]}",
            f"source b = {calls[1]}",
            'benchmark bench = jsonl("bench.jsonl", format: choice)',
            f"dataset d from {sources} {{",
            *(f"    {stage}" for stage in stages(r, e)),
            "}\n",
        ]
    )


def judged(folder: Path, text_: str) -> str:
    """Build once and again, and verify. Gives one word for the outcome; raises where there is a fault."""
    import polars as pl

    from tests.building import Quiet
    from tunec.compiler.lint.check import check_spec
    from tunec.runtime.build import Wanted, plan_build, run_build
    from tunec.runtime.catalogue import load_catalogue
    from tunec.runtime.engine.engine import StepFailed
    from tunec.runtime.operator import CheckBroken
    from tunec.runtime.store.store import Store
    from tunec.runtime.versions.promises import PromiseBroken
    from tunec.runtime.versions.verify import verify

    path = folder / "s.tune"
    path.write_text(text_, encoding="utf-8")
    catalogue = load_catalogue()
    compiled = check_spec(path, catalogue)
    if compiled.graph is None:
        return "diagnostics"
    ran = []
    for _ in range(2):
        planning = plan_build(compiled.graph, catalogue, folder, Store(folder / ".tunec"), Wanted())
        if planning.problems:
            return "problems outside"
        try:
            built = run_build(planning, catalogue, compiled.sources, folder / "build", Quiet(), True)
        except StepFailed as failed:
            if str(failed).startswith(("Traceback", "ComputeError", "SchemaError", "InvalidOperation")):
                raise
            return "step failed"
        except CheckBroken:
            return "check broken"
        except PromiseBroken:
            return "promise broken"
        ran.append(built.ran)
    if ran[1]:
        raise AssertionError(f"a second build ran {ran[1]}")
    assert built.published is not None
    broken = [p for check in verify(built.published.out) for p in check.problems]
    if broken:
        raise AssertionError(f"verify: {broken}")
    ledger = pl.read_parquet(built.published.out / "ledger" / "d.parquet")
    kept = sum(f.height for f in map(pl.read_parquet, (built.published.out / "datasets" / "d").glob("*.parquet")))
    if ledger.filter(verdict="kept").height != kept:
        raise AssertionError("the ledger keeps other rows than the data set holds")
    return "built"


def main(builds: int, seed: int, keep_going: int) -> int:
    sys.path.insert(0, str(Path(__file__).parents[1]))
    outcomes: collections.Counter[str] = collections.Counter()
    faults: collections.Counter[str] = collections.Counter()
    for number in range(builds):
        r = random.Random(f"{seed}/{number}")
        folder = Path(tempfile.mkdtemp(prefix="tunec-random-"))
        text_ = ""
        try:
            text_ = spec(r, folder)
            outcomes[judged(folder, text_)] += 1
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            said = f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}: {str(error)[:200]}"
            key = f"{type(error).__name__} {Path(last.filename).name}:{last.lineno}"
            if not faults[key]:
                print(f"--- fault in build {seed}/{number}: {said}\n{text_}", flush=True)
            faults[key] += 1
            if sum(faults.values()) >= keep_going:
                break
        finally:
            shutil.rmtree(folder, ignore_errors=True)
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
    parser.add_argument("--stop-after", type=int, default=1000, help="Stop after this many faults.")
    given = parser.parse_args()
    sys.exit(main(given.builds, given.seed, given.stop_after))
