"""The house keeps its shape: imports run down, start-up stays light, nothing names a machine."""

from __future__ import annotations

import ast
import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tunec.runtime.catalogue import load_catalogue

ROOT = Path(__file__).parents[1]
ROOMS = ("dsl", "compiler", "runtime", "cli")
HEAVY = (
    "torch", "transformers", "datasets", "openai", "sentence_transformers", "polars", "numpy", "pyarrow", "rich", "trl",
    "peft", "jinja2", "scipy", "pandas",
)  # fmt: skip


def imports(path: Path) -> list[str]:
    """The modules of this project that a file imports, wherever in it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    return [n for n in names if n.split(".")[0] == "tunec"]


@pytest.mark.parametrize("room", ROOMS)
def test_imports_run_down(room: str) -> None:
    above = {f"tunec.{other}" for other in ROOMS[ROOMS.index(room) + 1 :] if other != "cli"}
    for path in (ROOT / room).rglob("*.py"):
        for name in imports(path):
            head = ".".join(name.split(".")[:2])
            assert head not in above, f"{path}: {name}"
            if room != "cli":
                assert head in {"tunec.dsl", "tunec.compiler", "tunec.runtime"}, (
                    f"{path} imports {name} of the top room"
                )


def test_no_modules_import_one_another_in_a_circle() -> None:
    names = {}
    for room, package in {"cli": "tunec", **{r: f"tunec.{r}" for r in ROOMS[:-1]}}.items():
        for path in (ROOT / room).rglob("*.py"):
            parts = path.relative_to(ROOT / room).with_suffix("").parts
            names[".".join((package, *(p for p in parts if p != "__init__")))] = path
    imported = {name: {i for i in imports(path) if i in names and i != name} for name, path in names.items()}
    while leaves := {name for name, others in imported.items() if not others}:
        imported = {name: others - leaves for name, others in imported.items() if name not in leaves}
    assert not imported, f"circles among {sorted(imported)}"


def test_functions_are_short() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno - node.lineno >= 80
    ]
    assert not long


def test_modules_are_short() -> None:
    files = (path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    assert not [path for path in files if len(path.read_text("utf-8").splitlines()) > 400]


def test_every_module_says_what_it_is_for() -> None:
    modules = [path for room in (*ROOMS, "bench") for path in (ROOT / room).rglob("*.py")]
    assert not [path for path in modules if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]


def test_every_operator_has_its_test_file() -> None:
    operators = [o.path.split(".") for o in load_catalogue().operators.values() if o.module.startswith("tunec.")]
    assert operators
    assert not [
        f"tests/ops/{kind}/test_{name}.py"
        for kind, name in operators
        if not (ROOT / "tests" / "ops" / kind / f"test_{name}.py").exists()
    ]


@pytest.mark.parametrize(
    "command",
    [["--help"], ["lint", "specs/chat.tune"], ["fmt", "--check", "specs/chat.tune"], ["explain", "T203"]],
    ids=lambda c: c[0],
)
def test_light_commands_load_nothing_heavy(command: list[str]) -> None:
    code = (
        "import sys\n"
        "from tunec.main import app\n"
        f"app({command!r}, standalone_mode=False)\n"
        f"print('HEAVY', sorted(set({HEAVY!r}) & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "HEAVY []", done.stdout


def test_no_path_of_a_machine() -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, tracked.split("\0")):
        path = ROOT / name
        if (
            path.is_file()
            and not path.is_symlink()
            and path.suffix in (".py", ".md", ".tune", ".toml", ".json", ".txt", "")
        ):
            text = path.read_text(encoding="utf-8")
            assert "/home" + "/" not in text and "/root" + "/" not in text, name


def test_no_bench_hides_a_module_of_the_standard_library() -> None:
    # The folder of a script that is run comes before the standard library.
    assert not {path.stem for path in (ROOT / "bench").glob("*.py")} & sys.stdlib_module_names


def test_locks_in_the_repository_pin_the_files_that_are_here() -> None:
    # Else the first build of a clone changes a tracked file.
    pinned = 0
    for lock in [ROOT / "specs/chat.lock", ROOT / "tests/specs/tiny.lock"]:
        for path, told in re.findall(r"\[resource ([\w/.]+)\]\nsha256 = (\w+)", lock.read_text(encoding="utf-8")):
            file = ROOT / "runtime" / path
            if file.is_file():
                pinned += 1
                assert hashlib.sha256(file.read_bytes()).hexdigest() == told, f"{lock.name}: {path}"
    assert pinned
