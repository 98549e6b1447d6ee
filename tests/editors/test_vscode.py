"""The extension for VS Code: its words are those of the language, and it can be built and packed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tunec.dsl.tables import DECLARATIONS, WORDS

ROOT = Path(__file__).parents[2]
EXTENSION = ROOT / "editors" / "vscode"


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EXTENSION / name).read_text(encoding="utf-8"))
    return found


def alternatives(pattern: str) -> set[str]:
    """The words of the first `(a|b|c)` of a pattern."""
    found = re.search(r"\(((?:\w+\|)+\w+)\)", pattern)
    assert found is not None, pattern
    return set(found[1].split("|"))


def patterns(rule: Any) -> Iterator[str]:
    """Every regular expression of a TextMate grammar."""
    if isinstance(rule, dict):
        for key, value in rule.items():
            if key in ("match", "begin", "end"):
                yield value
            else:
                yield from patterns(value)
    elif isinstance(rule, list):
        for item in rule:
            yield from patterns(item)


def test_the_keywords_are_those_of_the_grammar() -> None:
    rules = read("syntaxes/tune.tmLanguage.json")["repository"]
    groups = [alternatives(rules[name]["match"]) for name in ("declarations", "constants", "operators", "words")]
    assert set.union(*groups) == set(WORDS)
    assert sum(map(len, groups)) == len(WORDS)
    assert groups[0] == {word for word, terminal in WORDS.items() if terminal in DECLARATIONS}


def test_every_pattern_of_the_grammar_is_named() -> None:
    grammar = read("syntaxes/tune.tmLanguage.json")
    included = {rule["include"].removeprefix("#") for rule in grammar["patterns"]}
    assert included == set(grammar["repository"])
    for pattern in patterns(grammar):
        re.compile(re.sub(r"\\p\{(L|N)\}", "a", pattern))


def test_the_manifest_names_files_that_there_are() -> None:
    manifest = read("package.json")
    contributed = manifest["contributes"]
    files = [manifest["main"], *(x["path"] for x in contributed["grammars"])]
    files += [x["configuration"] for x in contributed["languages"]]
    assert all((EXTENSION / file).is_file() for file in files)
    assert contributed["grammars"][0]["scopeName"] == read("syntaxes/tune.tmLanguage.json")["scopeName"]
    read("language-configuration.json")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the extension with its packages, where Node and npm can get them."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("Node and npm are not installed")
    folder = tmp_path_factory.mktemp("vscode") / "extension"
    shutil.copytree(EXTENSION, folder, ignore=shutil.ignore_patterns("node_modules", "*.vsix"))
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0", "--fetch-timeout=60000"]
    try:
        done = subprocess.run(
            [npm, "install", *options], cwd=folder, capture_output=True, text=True, timeout=300, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip("npm cannot get the packages in time")
    if done.returncode != 0:
        pytest.skip(f"npm cannot get the packages: {done.stderr.strip()[-300:]}")
    return folder


@pytest.mark.extras
def test_it_is_packed(built: Path) -> None:
    done = subprocess.run(
        ["npm", "run", "package"], cwd=built, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    packed = next(built.glob("*.vsix"))
    names = zipfile.ZipFile(packed).namelist()
    for wanted in ("extension.js", "syntaxes/tune.tmLanguage.json", "language-configuration.json"):
        assert f"extension/{wanted}" in names
    assert "extension/node_modules/vscode-languageclient/package.json" in names
    assert not [name for name in names if "vsce" in name]


STUB = """
const Module = require("node:module");
const said = { started: [], errors: [] };
const disposable = { dispose() {} };
const vscode = {
  window: { showErrorMessage: (text) => said.errors.push(text) },
  commands: { registerCommand: () => disposable },
  workspace: {
    workspaceFolders: undefined,
    getConfiguration: () => ({ get: () => PATH }),
    createFileSystemWatcher: () => disposable,
    onDidChangeConfiguration: () => disposable,
  },
  extensions: { getExtension: () => (PYTHON) },
};
class LanguageClient {
  constructor(id, name, server) { this.server = server; }
  async start() { said.started.push([this.server.command, ...this.server.args]); }
  async stop() {}
}
const load = Module._load;
Module._load = (name, ...rest) =>
  name === "vscode" ? vscode : name === "vscode-languageclient/node" ? { LanguageClient } : load(name, ...rest);
const extension = require(process.argv[1]);
extension.activate({ subscriptions: [] }).then(() => console.log(JSON.stringify(said)));
"""


def started(path: str, interpreter: str | None) -> list[list[str]]:
    """What the extension starts, with a setting and an interpreter chosen in the Python extension."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed")
    environments = (
        "{ getActiveEnvironmentPath: () => 0, resolveEnvironment: async () => "
        f"({{ executable: {{ uri: {{ fsPath: {json.dumps(interpreter)} }} }} }}) }}"
    )
    python = f"{{ activate: async () => ({{ environments: {environments} }}) }}" if interpreter else "undefined"
    code = STUB.replace("PATH", json.dumps(path)).replace("PYTHON", python)
    done = subprocess.run(
        [node, "-e", code, str(EXTENSION / "extension.js")], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert not found["errors"]
    commands: list[list[str]] = found["started"]
    return commands


@pytest.mark.extras
def test_it_starts_the_tunec_of_the_active_environment() -> None:
    import sys

    assert started("/opt/some/tunec", sys.executable) == [["/opt/some/tunec", "lsp"]]
    assert started("", sys.executable) == [[sys.executable, "-m", "tunec", "lsp"]]
    assert started("", "/no/such/python") == [["tunec", "lsp"]]
    assert started("", None) == [["tunec", "lsp"]]
