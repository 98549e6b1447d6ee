"""What the tests of all tools have in common."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tunec.compiler.lint.check import check_spec
from tunec.from_yaml import Begun, spec_from_yaml
from tunec.runtime.catalogue import load_catalogue

pytest.importorskip("yaml")
#: What a configuration cannot know (licence, revision and place of its data), or does not do (limit refusals, mix
#: sources).
UNKNOWN = {"T305", "T309", "T312", "T314", "T331", "T332", "T501", "T502", "T503"}
Begin = Callable[..., Begun]


@pytest.fixture
def begin(tmp_path: Path) -> Begin:
    """Starts a spec from a text, and checks that it compiles: no error, and no warning but of what cannot be known."""

    def started(text: str, name: str = "conf.yml") -> Begun:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        begun = spec_from_yaml(path, load_catalogue())
        spec = path.with_name("spec.tune")
        spec.write_text(begun.text, encoding="utf-8")
        found = [d for d in check_spec(spec, load_catalogue()).diagnostics if d.code not in UNKNOWN]
        assert not found, "\n".join([f"{d.code} {d.message}" for d in found] + [begun.text])
        for said in begun.left:  # nothing is only on the screen
            assert f"# {said}" in begun.text
        return begun

    return started


def left(begun: Begun) -> dict[str, str]:
    """What is not carried: the reasons by key."""
    return {said.key: said.reason for said in begun.left}
