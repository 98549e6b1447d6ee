"""What a training will need, as `tunec plan` prints it."""

from __future__ import annotations

from tunec.console.output import echo, style
from tunec.runtime.building.training_needs import Needs, gigabytes

#: A part of the memory below this share of the whole is not worth a word.
LEAST = 0.01


def print_needs(needs: Needs) -> None:
    """Parameters, tokens and memory of a training, and what is wrong with them."""
    echo(
        f"      {needs.parameters:,} parameters, {needs.trained:,} of them trained ({needs.share:.2%}); "
        f"up to {needs.tokens_a_step:,} tokens a step" + (f", {needs.tokens:,} in all" if needs.tokens else "")
    )
    memory = needs.memory
    told = ", ".join(f"{n} {gigabytes(b)}" for n, b in memory.parts.items() if b >= LEAST * memory.total)
    echo(
        f"      up to about {gigabytes(memory.total)} of memory ({told}); "
        f"{needs.where} has {gigabytes(needs.device_memory)}"
    )
    for warning in needs.warnings():
        echo(f"      {style('warning', fg='yellow', bold=True)}: {warning}")
