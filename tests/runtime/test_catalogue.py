"""Operators are found by walking, in this package and in others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tunec.runtime.catalogue import function_of, load_catalogue

OPERATOR = '''"""Exclamation marks."""

from __future__ import annotations

from tunec.runtime.base.operator import operator


@operator(version=3, cost="cheap")
def exclamations(text: TextExpr) -> IntExpr:
    """How often a text exclaims."""
    return text.str.count_matches("!", literal=True)
'''


def test_every_file_in_a_folder_of_operators_is_one() -> None:
    import tunec.runtime.ops as package

    root = Path(next(iter(package.__path__)))
    files = {f"{p.parent.name}.{p.stem.removesuffix('_')}" for p in root.glob("*/[a-z]*.py")}
    assert files == {o.path for o in load_catalogue().operators.values()}


def test_every_operator_has_a_page_and_a_function() -> None:
    for operator in load_catalogue().operators.values():
        assert operator.doc.splitlines()[0].endswith("."), operator.path
        assert callable(function_of(operator))
        assert operator.kind in ("formats", "generation") or "Example:" in operator.doc, operator.path
        for parameter in operator.parameters:
            assert f"{parameter.name}:" in operator.doc, f"{operator.path} does not document `{parameter.name}`"


def test_operators_of_other_packages_are_found_by_their_entry_point(tmp_path: Path) -> None:
    folder = tmp_path / "louder" / "functions"
    folder.mkdir(parents=True)
    (tmp_path / "louder" / "__init__.py").touch()
    (folder / "__init__.py").touch()
    (folder / "exclamations.py").write_text(OPERATOR)
    info = tmp_path / "louder-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: louder\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tunec.operators]\nlouder = louder\n")
    (tmp_path / "a.tune").write_text(
        'source s = rows([{text: "no!"}, {text: "no!!"}])\n'
        "dataset d from s { filter { keep exclamations(text) <= 1 } }\n"
    )
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from tunec.main import app; app(standalone_mode=False)"
    done = subprocess.run(
        [sys.executable, "-c", code, "build", "a.tune"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "keep exclamations(text) <= 1" in done.stdout
