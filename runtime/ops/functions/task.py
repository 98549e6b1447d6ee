"""What kind of task a prompt sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from collections.abc import Collection

    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import EmbedderSpec, TextColumn

PROTOTYPES = "tunec.runtime.ops.functions/prototypes/tasks.txt"


def _names() -> Collection[str]:
    from tunec.runtime.base.resources import sections_of

    return sections_of(PROTOTYPES)


@operator(version=1, cost="embed", row_wise=True, reads=(PROTOTYPES,), words={"return": _names})
def task(prompt: TextColumn, *, using: EmbedderSpec, ctx: Context) -> TextColumn:
    """The kind of task that a prompt sets, by its nearest labelled examples.

    The kinds are `brainstorming`, `chat`, `classification`, `code`, `explanation`, `extraction`, `generation`, `math`,
    `planning`, `question_answering`, `rewriting`, `summarization`, `translation`. The first paragraph of the prompt is
    compared with the examples of each kind, of which the three nearest count. The examples are in English and Chinese;
    an English embedder does not do well on Chinese. With all-MiniLM-L6-v2, about seven of ten Alpaca prompts get the
    kind that their first words name: good for shares of a whole data set, less so for a single row.

    Args:
        prompt: the prompt; a missing or blank prompt gives a missing value.
        using: the embedder.

    Source: the categories follow InstructGPT (2203.02155), table 1, and Self-Instruct's tasks (2212.10560).

    Example:
        balance { share(task(prompt, using: minilm)) <= 30% }
    """
    from tunec.runtime.base.resources import sections_of
    from tunec.runtime.text.foreign import tell_foreign
    from tunec.runtime.text.prototypes import nearest_name

    tell_foreign("task", ctx, using, prompt)
    # The paragraphs that follow are the material of the task and say what it is about, not what it is.
    opening = prompt.str.strip_chars().str.replace(r"(?s)\n\s*\n.*", "")
    return nearest_name(ctx, using, opening, sections_of(PROTOTYPES), 3)
