"""Modules of tests whose packages may be missing are skipped without loading what is there: a worker of the suite that
collects all of the tests and runs some of them would load PyTorch for nothing."""

from __future__ import annotations

from importlib.util import find_spec

import pytest


def needs(*packages: str) -> None:
    """Skip the module that calls this where one of the packages is not installed."""
    for package in packages:
        if find_spec(package) is None:
            pytest.skip(f"{package} is not installed", allow_module_level=True)
