"""Which way to adapt a model the answers speak for, with the reasons and the figures of the guide.

The order is the guide's: examples in the prompt first, always; retrieval for knowledge from outside; few trained
parameters for tone, format, skill and cost; all parameters where the score comes first; continued pretraining only for
a new broad ability; pretraining never.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tunec.advise.questions import Baseline, Situation

#: Below which share of right answers a training of some hundred examples helps.
HALF = 0.5
#: What a training of few parameters needs at least: 50 to 100 examples can make a difference.
FEW = 50
#: What a training of all parameters is worth it from: thousands of examples.
THOUSANDS = 1_000
#: What continued pretraining needs: billions of tokens.
BILLIONS = 1_000_000_000

NAMES = {
    "prompt": "examples in the prompt",
    "retrieval": "retrieval",
    "lora": "LoRA fine-tuning",
    "full": "full fine-tuning",
    "continued": "continued pretraining",
}


@dataclass(frozen=True, slots=True)
class Way:
    """A way to adapt a model, and why: each reason stands for itself."""

    name: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """The ways to take, in their order; those not to take, with the reason; what to mind; and the template of
    `tunec new` that starts it."""

    ways: tuple[Way, ...]
    against: tuple[Way, ...]
    mind: tuple[str, ...]
    template: str


def advise(of: Situation) -> Advice:
    """The advice for a situation."""
    ways = [Way("prompt", tuple(_prompt(of)))]
    for name, reasons in (("retrieval", _retrieval(of)), (_tuning(of), _tuned(of)), ("continued", _continued(of))):
        found = tuple(reasons)
        if found:
            ways.append(Way(name, found))
    taken = {way.name for way in ways}
    against = tuple(way for way in _against(of) if way.name not in taken)
    return Advice(tuple(ways), against, tuple(_mind(of, taken)), _template(of, taken))


def _prompt(of: Situation) -> Iterator[str]:
    yield "it costs nothing to try, and its score is what everything else has to beat"
    if of.baseline is not None:
        yield from _measured(of.baseline)
    elif of.labelled:
        yield (
            "a few of your labelled examples in the prompt are the baseline; where it stays below 50 "
            "%, a few hundred examples to train on help"
        )


def _measured(baseline: Baseline) -> Iterator[str]:
    known = baseline.low is not None and baseline.high is not None
    sure = f" (95 % interval {_told(baseline, baseline.low)} to {_told(baseline, baseline.high)})" if known else ""
    yield (
        f"measured: {baseline.model} reaches {baseline.number.replace('_', ' ')} "
        f"{_told(baseline, baseline.value)}{sure} in {baseline.measure}"
    )
    if baseline.share and baseline.value < HALF:
        yield "that is below 50 %: a few hundred examples to train on help"
    elif baseline.share:
        yield "that is not below 50 %: with more or better examples in the prompt it may be enough"


def _told(baseline: Baseline, value: float | None) -> str:
    return "" if value is None else f"{value:.0%}" if baseline.share else f"{value:.3g}"


def _retrieval(of: Situation) -> Iterator[str]:
    if of.knowledge == "facts":
        yield "facts from outside the model are looked up, not trained in"
    if of.change != "never" and of.knowledge != "ability":
        yield "what changes is changed in the index, without another training"
    if of.sources == "yes":
        yield "an answer can name the passage that it rests on"
    if of.tolerance == "low" and of.knowledge == "facts":
        yield "an answer that has to rest on a passage is invented less often"


def _tuning(of: Situation) -> str:
    paramount = of.cost == "high" and of.labelled >= THOUSANDS and of.tasks != "many"
    return "full" if paramount else "lora"


def _tuned(of: Situation) -> Iterator[str]:
    enough = of.labelled >= FEW
    if _tuning(of) == "full":
        yield (
            f"the score comes first, and {of.labelled:,} examples and the compute are there: all "
            "parameters reach furthest"
        )
        yield "memory for 7B parameters: 60 GB in bf16, 120 GB in mixed precision"
        return
    if of.tone == "custom":
        yield "a tone, a format and a vocabulary are what a training of few parameters teaches best"
    if enough and of.tasks == "one":
        yield (
            "one task with examples is a skill: ChatGPT went from 48 to 73 % on Reddit comments with "
            "100 examples, Phi-2 from 34 to 85 % on the sentiment of financial news"
        )
    elif enough and of.tasks == "several" and of.cost != "low":
        yield f"a few tasks with {of.labelled:,} examples are worth a training of few parameters"
    elif enough and of.cost == "low" and of.tasks != "many":
        yield (
            "a small tuned model answers with a short prompt, which costs less each time than a "
            "large one with a long prompt"
        )
    if of.knowledge == "ability" and of.tokens < BILLIONS:
        yield (
            "choose a base model that has the ability, and tune it: continued pretraining would need billions of tokens"
        )
    if of.tone == "custom" or enough:
        yield "1 to 6 % of the parameters are trained; memory for 7B parameters: 16 GB, or 6 GB with 4-bit weights"


def _continued(of: Situation) -> Iterator[str]:
    if of.knowledge == "ability" and of.tokens >= BILLIONS:
        yield (
            f"a broad ability needs billions of tokens, and {of.tokens:,} are there: FinPythia-6.9B "
            "took 24 billion tokens and 18 days"
        )


def _against(of: Situation) -> Iterator[Way]:
    if of.knowledge == "none" and of.sources == "no":
        yield Way("retrieval", ("there is nothing from outside to look up",))
    elif of.knowledge == "ability":
        yield Way("retrieval", ("an ability cannot be looked up",))
    if of.labelled < FEW and of.tone == "usual":
        yield Way(
            "lora",
            (
                f"{of.labelled} examples are too few: write 50 to 100 first, or have a model draft them and people"
                " correct them",
            ),
        )
    elif of.tasks == "many" and of.tone == "usual":
        yield Way("lora", ("for all sorts of tasks a general model with a good prompt forgets nothing",))
    if of.cost != "high":
        yield Way("full", ("all parameters need 60 to 120 GB for 7B, where LoRA needs 16 GB",))
    elif of.labelled < THOUSANDS:
        yield Way("full", (f"{of.labelled} examples are too few: all parameters are worth it from thousands",))
    else:
        yield Way("full", ("a model that does all sorts of tasks forgets some of them",))
    if of.knowledge == "ability":
        yield Way("continued", (f"{of.tokens:,} tokens are too few: it takes billions",))
    else:
        yield Way("continued", ("it is for a new broad ability, such as a language, and takes billions of tokens",))
    yield Way("pretraining", ("100,000 to 10 million GPU hours: Llama 2 70B took 1,720,320, for 2 trillion tokens",))


def _mind(of: Situation, taken: set[str]) -> Iterator[str]:
    tuned = taken & {"lora", "full", "continued"}
    if tuned:
        yield "quality before quantity: LIMA with 1,000 chosen rows beats Alpaca with 52,002"
        yield "agreement caps quality: where labellers agree on 70 % of the rows, a model reaches about 70 %"
    if tuned and of.labelled < FEW:
        yield "you have few examples: let a model draft them, and people correct them"
    if tuned and of.tasks == "many":
        yield "mix in general rows, such as Dolly or OpenAssistant, so that nothing is forgotten"
    if "retrieval" in taken and tuned:
        yield "train on prompts that hold retrieved passages, in the form in which they will be asked"
    if of.tolerance == "low":
        yield "measure refusals: 60 % of them in the rows where 5 % are wanted teach a model to refuse"
    if "full" in taken:
        yield "mix in general rows: training all parameters forgets more than LoRA does"


def _template(of: Situation, taken: set[str]) -> str:
    if of.knowledge == "facts":
        return "documents"
    if of.tasks == "many" or "continued" in taken or "full" in taken:
        return "domain"
    return "chat"
