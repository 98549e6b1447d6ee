"""Fine-tuning data sets, and the models trained on them, from one declarative file.

import tunec

tunec.lint("specs/chat.tune")                       # what is wrong with it
build = tunec.build("specs/chat.tune")              # everything that its targets need
build.dataset("chat")                               # a datasets.DatasetDict
tunec.load("chat@1.0.0")                            # the same, from a published version
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tunec.facade import Build, build, compile, lint, load, plan

__version__ = "0.1.0"
__all__ = ["Build", "build", "compile", "lint", "load", "plan"]


def __getattr__(name: str) -> Any:
    # The commands import this package too, and must start without the rest.
    if name in __all__:
        from tunec import facade

        return getattr(facade, name)
    raise AttributeError(f"module 'tunec' has no attribute {name!r}")
