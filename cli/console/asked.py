"""What a plan says of requests to models: how many, at what price, and in which words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tunec.console.output import dollars, echo, style

if TYPE_CHECKING:
    from tunec.runtime.building.asking import Amount, Asking
    from tunec.runtime.building.prompts import Shown


def asking_line(asking: Asking) -> str:
    """What is still to be asked and paid for a step, on one line."""
    parts = [f"{_range(asking.requests)} requests to ask"]
    parts[0] += f", {asking.recorded:,} recorded" if asking.recorded else ""
    parts.append(f"{_range(asking.prompt_tokens)} tokens in, {_range(asking.completion_tokens)} out")
    parts.append(asking_cost(asdict(asking.cost)) if asking.cost is not None else "no price is stated")
    return f"{'; '.join(parts)} (by {asking.basis})"


def asking_cost(cost: Mapping[str, float | None]) -> str:
    """A range of dollars."""
    low, high = cost["low"] or 0.0, cost["high"]
    if high is None:
        return f"{dollars(low)} or more"
    return dollars(high) if dollars(low) == dollars(high) else f"{dollars(low)} to {dollars(high)}"


def _range(amount: Amount) -> str:
    low = round(amount.low)
    if amount.high is None:
        return f"{low:,} or more"
    high = round(amount.high)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def prompt_document(shown: Shown) -> dict[str, Any]:
    """A prompt as JSON."""
    prompt = shown.request.prompt
    said = {"text": prompt} if isinstance(prompt, str) else {"messages": [asdict(message) for message in prompt]}
    schema = {"schema": shown.request.schema} if shown.request.schema else {}
    return {"step": shown.step, "model": shown.model, "sampling": asdict(shown.sampling), **said, **schema}


def print_prompts(shown: Sequence[Shown]) -> None:
    """Print prompts for people."""
    if not shown:
        echo("no step asks a model")
    step = ""
    for number, one in enumerate(shown, start=1):
        if one.step != step:
            step = one.step
            echo(style(step, bold=True))
        way = f"temperature {one.sampling.temperature:g}, at most {one.sampling.max_tokens:,} tokens"
        echo(f"  prompt {number} to {one.model} ({way})")
        prompt = one.request.prompt
        turns: list[tuple[str, str]] = (
            [("text", prompt)] if isinstance(prompt, str) else [(m.role, m.content) for m in prompt]
        )
        if one.request.schema:
            turns.append(("answer", f"JSON that fits {one.request.schema}"))
        for role, content in turns:
            head, *rest = content.split("\n")
            echo(f"    {role + ':':<10} {head}")
            for line in rest:
                echo(f"    {'':<10} {line}".rstrip())
        echo("")
